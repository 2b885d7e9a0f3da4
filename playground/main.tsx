// Where the page begins.
import { render } from 'preact';
import { languages } from './config.ts';
import { Playground } from './playground.ts';
import { App } from './ui/app.tsx';
import './style.css';

const root = document.getElementById('playground')!;
const preferred = languages.find((language) => navigator.language.startsWith(language)) ?? 'en';
let due = false;

// However many things change, one rendering a frame.
const playground = new Playground(preferred, () => {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    show();
  });
});

function show(): void {
  render(<App playground={playground} />, root);
}

show();
