// The worker: trains a character model until it is told to stop, and reports how it goes.
import {
  adam,
  BpttError,
  characters,
  createModel,
  dense,
  elman,
  generate,
  type StepEvent,
  textStream,
  tokens,
  train,
} from 'bptt';
import type { FromWorker, Settings, ToWorker } from './messages.ts';

/** Milliseconds between two reports. */
const REPORT_EVERY = 250;
/** Updates before the first sample; then it doubles up to the last. Samples depend on updates only, so they are the same everywhere. */
const FIRST_SAMPLE = 25;
const SAMPLE_EVERY = 800;
const SAMPLE_LENGTH = 240;
const TEMPERATURE = 0.7;

let stop = new AbortController();

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case 'start':
      stop = new AbortController();
      learn(data.settings, stop.signal).catch((error: unknown) => {
        post({ type: 'failed', message: error instanceof BpttError ? error.message : String(error) });
      });
      break;
    case 'stop':
      stop.abort();
      break;
  }
};

function post(message: FromWorker): void {
  self.postMessage(message);
}

async function learn(settings: Settings, signal: AbortSignal): Promise<void> {
  const { text, hidden, batch, k1, k2, learningRate, seed } = settings;
  const vocabulary = characters(text);
  const stream = vocabulary.encode(text);
  const data = textStream(stream, { batch });
  const model = await createModel(
    [tokens(vocabulary.size), elman({ units: hidden }), dense({ units: vocabulary.size })],
    { seed },
  );
  post({ type: 'started', parameters: model.parameterCount });

  const sample = (step: number): void => {
    const prompt = stream.subarray(0, 1);
    const said = generate(model, { prompt, length: SAMPLE_LENGTH, temperature: TEMPERATURE, seed });
    post({ type: 'sample', step, text: vocabulary.decode([...prompt, ...said]) });
  };

  const report = new Report();
  let nextSample = FIRST_SAMPLE;
  let sampled = 0;
  for await (const event of train(model, {
    data,
    loss: 'cross-entropy',
    truncation: { k1, k2 },
    optimizer: adam({ learningRate }),
    clip: { norm: 1 },
    signal,
  })) {
    if (event.type === 'step') {
      report.add(event);
      if (event.step < nextSample) continue;
      nextSample = event.step + Math.min(event.step, SAMPLE_EVERY);
    }
    if (event.step === sampled) continue;
    sampled = event.step;
    report.send();
    sample(event.step);
  }
  post({ type: 'stopped' });
}

/** Collects updates, and sends their mean loss when it is time to. */
class Report {
  #sum = 0;
  #count = 0;
  #sent = Number.NEGATIVE_INFINITY;
  #last: StepEvent | undefined;

  add(event: StepEvent): void {
    this.#sum += event.loss;
    this.#count++;
    this.#last = event;
    if (performance.now() - this.#sent >= REPORT_EVERY) this.send();
  }

  send(): void {
    if (this.#last === undefined || this.#count === 0) return;
    const { step, tokensPerSecond } = this.#last;
    post({ type: 'progress', step, loss: this.#sum / this.#count, tokensPerSecond });
    this.#sum = 0;
    this.#count = 0;
    this.#sent = performance.now();
  }
}
