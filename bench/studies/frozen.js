// @ts-check
// What a training costs in which all but the head is frozen, against one of everything: a model of W3's size (bench/steps/workloads.ts).
// Nothing goes back through what is frozen, so what is left is the way there, and the head.
//
//   npm run build && node bench/studies/frozen.js [--json]
//
// It may take 0.45 of the time. The time is that of the processor, and the two take turns.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { adam, createModel, dense, lstm, tokens, train } from 'bptt';
import { batchOf, compare, processorTime } from './trainings.js';

const V = 65;
const AT_MOST = 0.45;
const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

const data = [batchOf(V, 50, 32)];
/** @param {readonly import('bptt').ParameterGroup[]} [groups] */
const training = (groups) => async () => {
  const model = await createModel([tokens(V), lstm({ units: 128 }), dense({ units: V })], { seed: 1 });
  const events = train(model, { data, loss: 'cross-entropy', optimizer: adam(), ...(groups && { groups }) });
  return { model, events };
};
const forms = { everything: training(), 'the head alone': training([{ match: 'rnn.*', frozen: true }]) };
const results = await compare(forms, { updates: 8, rounds: 21, now: processorTime });

const ratio = results[1]?.ratio ?? Number.NaN;
if (values.json) console.log(JSON.stringify({ processor: cpus()[0]?.model, results }, null, 2));
else {
  console.log(`${cpus()[0]?.model}, Node ${process.versions.node}`);
  for (const { name, milliseconds, ratio, fastest } of results) {
    console.log(`${name.padEnd(15)} ${milliseconds.toFixed(2)} ms  ${ratio.toFixed(3)}  fastest ${fastest.toFixed(3)}`);
  }
}
if (!(ratio <= AT_MOST)) {
  console.error(`the head alone: expected at most ${AT_MOST} of the time of everything, got ${ratio.toFixed(3)}`);
  process.exitCode = 1;
}
