import '@angular/compiler';
import { bootstrapApplication, provideClientHydration } from '@angular/platform-browser';
import { Page, providers } from './angular.js';

export function mount(host, props) {
  host.innerHTML = '<app-page></app-page>';
  void bootstrapApplication(Page, { providers: providers(props) });
}
export function hydrate(host, props) {
  void bootstrapApplication(Page, { providers: [...providers(props), provideClientHydration()] });
}
