// Files that Vite makes part of the page.
declare module '*?raw' {
  const text: string;
  export default text;
}
declare module '*.css';
