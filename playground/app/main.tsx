// Where the page begins.
import { render } from 'preact';
import { languages } from '../settings/config.ts';
import { App } from './app.tsx';
import { Playground } from './playground.ts';
import '../style.css';

const root = document.getElementById('playground')!;
const preferred = languages.find((language) => navigator.language.startsWith(language)) ?? 'en';
/** Least milliseconds between two renderings of a training: two workers send up to twenty snapshots a second. */
const RENDER_EVERY = 100;

let due = false;
let rendered = 0;

// However many things change, one rendering a while, with the next frame.
const playground = new Playground(preferred, (running) => {
  if (due) return;
  due = true;
  const wait = running ? rendered + RENDER_EVERY - performance.now() : 0;
  setTimeout(() => requestAnimationFrame(show), wait);
});

function show(): void {
  due = false;
  rendered = performance.now();
  render(<App playground={playground} />, root);
}

show();
