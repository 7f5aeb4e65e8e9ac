import {
  Component,
  CUSTOM_ELEMENTS_SCHEMA,
  InjectionToken,
  inject,
  provideZonelessChangeDetection,
  signal,
} from '@angular/core';

const template = `<main>@for (id of order(); track id) {
  <voice-agent [id]="id" [gate]="gate" [session]="session" [floating]="false" [attr.push-to-talk]="false"
    (voice-agent-state)="heard($event)"></voice-agent>
}</main>`;

const PROPS = new InjectionToken('props');

export class Page {
  constructor() {
    Object.assign(this, inject(PROPS));
    this.order = signal(this.ids);
    globalThis.order = (ids) => this.order.set(ids);
  }
}
Component({ selector: 'app-page', template, schemas: [CUSTOM_ELEMENTS_SCHEMA] })(Page);

export const providers = (props) => [
  provideZonelessChangeDetection(),
  { provide: PROPS, useValue: props },
];
