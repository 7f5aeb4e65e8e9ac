// As much of Vue's types as ours touch.

export interface GlobalComponents {
  Teleport: new () => { $props: { to: string } };
}
