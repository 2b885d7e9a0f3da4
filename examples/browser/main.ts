// The page: sends the form's settings to the worker, shows what comes back. It computes nothing itself.
import { LossChart } from './chart.ts';
import { byId } from './dom.ts';
import type { FromWorker, Progress, Sample, ToWorker } from './messages.ts';
import { countCharacters, readSettings } from './settings.ts';

/** Samples that stay on the page. */
const MOST_SAMPLES = 40;

const form = byId('settings', HTMLFormElement);
const fields = byId('fields', HTMLFieldSetElement);
const text = byId('text', HTMLTextAreaElement);
const toggle = byId('toggle', HTMLButtonElement);
const status = byId('status', HTMLElement);
const failure = byId('failure', HTMLElement);
const samples = byId('samples', HTMLElement);
const chart = new LossChart(byId('chart', HTMLElement));

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
let training = false;
let last: Progress | undefined;

function send(message: ToWorker): void {
  worker.postMessage(message);
}

function setTraining(value: boolean): void {
  training = value;
  fields.disabled = value;
  toggle.disabled = false;
  toggle.textContent = value ? 'Stop training' : 'Start training';
}

function start(): void {
  failure.textContent = '';
  const settings = readSettings();
  if (settings === undefined) {
    status.textContent = 'Not started: a setting needs to be mended.';
    return;
  }
  last = undefined;
  chart.clear();
  samples.replaceChildren();
  byId('no-samples', HTMLElement).hidden = false;
  for (const id of ['nats', 'bits', 'speed', 'updates']) byId(id, HTMLElement).textContent = '–';
  status.textContent = 'Starting …';
  setTraining(true);
  // In one column the results are far below.
  if (!matchMedia('(min-width: 60rem)').matches) byId('results', HTMLElement).scrollIntoView();
  send({ type: 'start', settings });
}

function stop(): void {
  toggle.disabled = true;
  status.textContent = 'Stopping …';
  send({ type: 'stop' });
}

function fail(message: string): void {
  failure.textContent = message;
  status.textContent = '';
  setTraining(false);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (training) stop();
  else start();
});

worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
  switch (data.type) {
    case 'started':
      status.textContent = `Training ${count(data.parameters)} parameters.`;
      break;
    case 'progress':
      showProgress(data);
      break;
    case 'sample':
      showSample(data);
      break;
    case 'stopped':
      status.textContent = `Stopped after ${count(last?.step ?? 0)} updates.`;
      setTraining(false);
      toggle.focus();
      break;
    case 'failed':
      fail(data.message);
      break;
  }
});

worker.addEventListener('error', (event) => {
  fail(`The worker failed: ${event.message || 'its script could not be loaded'}`);
});

function showProgress(progress: Progress): void {
  last = progress;
  const { step, loss, tokensPerSecond } = progress;
  byId('nats', HTMLElement).textContent = loss.toFixed(3);
  byId('bits', HTMLElement).textContent = (loss / Math.LN2).toFixed(3);
  byId('speed', HTMLElement).textContent = count(Number(tokensPerSecond.toPrecision(3)));
  byId('updates', HTMLElement).textContent = count(step);
  chart.add(step, loss);
}

function showSample({ step, text }: Sample): void {
  byId('no-samples', HTMLElement).hidden = true;
  const heading = document.createElement('h3');
  heading.textContent = `after ${count(step)} updates`;
  const words = document.createElement('p');
  words.textContent = text;
  const article = document.createElement('article');
  article.append(heading, words);
  samples.prepend(article);
  if (samples.childElementCount > MOST_SAMPLES) samples.lastElementChild?.remove();
}

function showCharacters(): void {
  const { length, different } = countCharacters(text.value);
  byId('text-hint', HTMLElement).textContent = `${count(length)} characters, ${count(different)} different`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

text.addEventListener('input', showCharacters);

/** Moby-Dick, unless something has been typed before it came. */
async function loadText(): Promise<void> {
  try {
    const response = await fetch(new URL('../../src/cli/moby-dick.txt', import.meta.url));
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const chapters = await response.text();
    if (text.value === '') text.value = chapters;
  } catch (error) {
    failure.textContent = `Moby-Dick could not be loaded (${error instanceof Error ? error.message : error}); use a text of your own.`;
  }
  showCharacters();
}

await loadText();
