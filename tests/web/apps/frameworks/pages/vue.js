import { createApp, createSSRApp, ref } from 'vue';

const template = `<main><voice-agent v-for="id in order" :key="id" :id="id" :gate="gate" :session="session"
  :floating="false" :push-to-talk="false" @voice-agent-state="heard"></voice-agent></main>`;

function app(create, props) {
  const order = ref(props.ids);
  globalThis.order = (ids) => (order.value = ids);
  const made = create({ template, setup: () => ({ ...props, order }) });
  made.config.compilerOptions.isCustomElement = (tag) => tag.includes('-');
  return made;
}
export const page = (props) => app(createApp, props);
export const serverPage = (props) => app(createSSRApp, props);
