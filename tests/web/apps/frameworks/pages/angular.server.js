import '@angular/compiler';
import { bootstrapApplication, provideClientHydration } from '@angular/platform-browser';
import { provideServerRendering, renderApplication } from '@angular/platform-server';
import { Page, providers } from './angular.js';

export async function render(props) {
  const all = [...providers(props), provideClientHydration(), provideServerRendering()];
  const document = '<!doctype html><html><head></head><body><app-page></app-page></body></html>';
  const page = (context) => bootstrapApplication(Page, { providers: all }, context);
  const html = await renderApplication(page, { document, url: '/' });
  return html.replace(/^.*<body>|<\/body>.*$/gs, '');
}
