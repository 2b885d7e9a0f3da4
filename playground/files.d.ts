// Files that Vite makes part of the page.
declare module '*?raw' {
  const text: string;
  export default text;
}
declare module '*.css';

/** What the lessons say of their links, from `lessons/experiments.ts`. */
declare module 'virtual:experiments' {
  export const experiments: Readonly<
    Record<import('./settings/config.ts').Language, readonly import('./lessons/experiments.ts').Experiment[]>
  >;
}
