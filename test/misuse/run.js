// @ts-check
/**
 * `npm run misuse`: wrong calls of everything public, generated from the shipped types (`npm run build` first). Each argument and each option,
 * down to `DEPTH`, of a valid call of each function is replaced by each of the values of values.js. The answer has to be right, where the
 * value is legal, or a BpttError that names the argument, within a second of computing.
 *
 * `npm run misuse -- series.` makes those of the functions whose name contains the word; `--share 0.1` a part, which `--seed` fixes; `--all` lists
 * every wrong answer and not the first few of each function.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { makeCalls } from './calls.js';
import { publicFunctions } from './types.js';

const { values: flags, positionals } = parseArgs({
  options: {
    share: { type: 'string', default: '1' },
    seed: { type: 'string', default: '0' },
    processes: { type: 'string' },
    all: { type: 'boolean' },
  },
  allowPositionals: true,
});

const counts = { calls: 0, right: 0, refused: 0, foreign: 0, accepted: 0, unnamed: 0, hang: 0 };
/** @type {Map<string, import('./calls.js').Outcome[]>} */
const wrong = new Map();

const functions = publicFunctions().filter(
  ({ name, parameters }) =>
    parameters.length > 0 && (positionals.length === 0 || positionals.some((word) => name.includes(word))),
);
const options = {
  share: Number(flags.share),
  seed: Number(flags.seed),
  patience: 30,
  processor: 1,
  processes: Number(flags.processes ?? availableParallelism()),
};
await makeCalls(functions, options, (outcome) => {
  counts.calls++;
  counts[outcome.answer]++;
  if (outcome.answer === 'right' || outcome.answer === 'refused') return;
  const list = wrong.get(outcome.name) ?? [];
  wrong.set(outcome.name, [...list, outcome]);
});

for (const [name, outcomes] of [...wrong].sort(([, a], [, b]) => b.length - a.length)) {
  console.log(`\n${name}: ${outcomes.length}`);
  for (const { place, value, answer, said } of outcomes.slice(0, flags.all ? Infinity : 5)) {
    console.log(`  ${answer}: ${place} = ${value}${said === '' ? '' : `: ${said.replaceAll('\n', '\n    ')}`}`);
  }
}
const { calls, foreign, accepted, unnamed, hang } = counts;
console.log(
  `\nmisuse: ${calls} calls, ${foreign} foreign, ${accepted} accepted though wrong, ${unnamed} unnamed, ${hang} hangs`,
);
process.exitCode = calls > 0 && foreign + accepted + unnamed + hang === 0 ? 0 : 1;
