// As much of React's types as ours touch.

export type ReactElement = { type: unknown };
export namespace JSX {
  interface IntrinsicElements {
    div: { id?: string };
  }
}
