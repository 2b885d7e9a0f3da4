// @ts-check
// Printed lines that are out of focus and in noise (a Gaussian blur of 1.5 pixels, noise of 60 of 255), read by a convolution in front of a recurrent network
// with CTC behind, and by Tesseract: the same files, the same measure. Lines of Moby-Dick in four fonts; those of the test are of a part of the text that
// nothing was learned from, and are longer than all that was.
//
//   node examples/printed-lines.js [--updates 3000] [--seed 1] [--test 100] [--clean] [--text FILE]
//
// --clean: neither blurred nor noisy, in both training and test. Needs python3 with Pillow (PYTHON=... says which), the fonts, and, for the comparison, Tesseract:
// apt-get install python3-pil fonts-dejavu-core fonts-liberation tesseract-ocr
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { adamw, createModel, linear, train, warmup } from 'bptt';
import { ctc, decode, errorRate } from 'bptt/speech';
import { distorted, fromVgsl, grey, images, readImage, standardized } from 'bptt/vision';
import { randomFrom } from './random.js';

const { values } = parseArgs({
  options: {
    updates: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    test: { type: 'string', default: '100' },
    clean: { type: 'boolean', default: false },
    text: { type: 'string' },
  },
});
const [updates, seed, tested] = [values.updates, values.seed, values.test].map(Number);
const [ROWS, PIECES] = [16, 2500];
const FONTS = ['DejaVuSans.ttf', 'DejaVuSerif.ttf', 'LiberationSans-Regular.ttf', 'LiberationSerif-Regular.ttf'];

/** A text in marks that both readers have, with single spaces. @param {string} text */
const plain = (text) =>
  text
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[—–]/g, '-')
    .replace(/[^!-~]+/g, ' ')
    .trim();

/** Words in lines of so many characters. @param {string} text @param {() => number} length */
function linesOf(text, length) {
  /** @type {string[]} */
  const lines = [''];
  let most = length();
  for (const word of plain(text).split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length <= most) lines[lines.length - 1] = longer;
    else {
      lines.push(word);
      most = length();
    }
  }
  return lines.slice(1, -1);
}

/** Runs a program, or says what to install. @param {string} program @param {string[]} args @param {string} [input] */
function run(program, args, input) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    ...(input !== undefined && { input }),
    env: { ...process.env, OMP_THREAD_LIMIT: '1' },
  });
  return status === 0 ? { stdout } : { failure: error?.message ?? stderr.trim().split('\n').at(-1) };
}

const folder = mkdtempSync(join(tmpdir(), 'printed-lines-'));
process.once('exit', () => rmSync(folder, { recursive: true }));

/** Images of lines, each in one of the fonts. @param {readonly string[]} texts @param {string} name */
async function rendered(texts, name) {
  const lines = texts.map((text, i) => ({
    text,
    font: FONTS[i % FONTS.length],
    file: join(folder, `${name}-${i}.pgm`),
  }));
  const script = new URL('./printed-lines/render.py', import.meta.url).pathname;
  const { failure } = run(process.env.PYTHON ?? 'python3', [script], JSON.stringify(lines));
  if (failure !== undefined) {
    console.error(`python3 with Pillow and fonts: ${failure}`);
    console.error('apt-get install python3-pil fonts-dejavu-core fonts-liberation');
    process.exit(1);
  }
  return Promise.all(
    lines.map(async ({ text, file }) => ({ text, file, picture: grey(await readImage(readFileSync(file), file)) })),
  );
}

const text = readFileSync(values.text ?? new URL('../src/cli/moby-dick.txt', import.meta.url), 'utf8');
const border = Math.floor(0.9 * text.length);
const random = randomFrom(seed + 1);
const between = (/** @type {number} */ from, /** @type {number} */ to) => () =>
  from + Math.floor(random() * (to - from + 1));
const shuffled = linesOf(text.slice(0, border), between(3, 10))
  .map((line) => ({ line, order: random() }))
  .sort((a, b) => a.order - b.order)
  .map(({ line }) => line);
const known = await rendered(shuffled.slice(0, PIECES), 'known');
const unknown = await rendered(
  linesOf(text.slice(border), () => 50)
    .filter((line) => line.length >= 40)
    .slice(0, tested),
  'unknown',
);
const labels = [...new Set(known.flatMap(({ text }) => [...text]))].sort();
const classOf = new Map(labels.map((label, i) => [label, i + 1]));

const condition = values.clean ? {} : { blur: 1.5, noise: 60 / 255 };
const asTested = distorted(condition);
const asLearned = distorted({ shift: { y: [-1, 1] }, shear: [-0.05, 0.05], contrast: [0.9, 1.1], ...condition });

/** What a file of bytes keeps of a picture. @param {import('bptt/vision').FloatPicture} picture */
const inBytes = ({ width, height, data }) => ({
  width,
  height,
  data: Uint8Array.from(data, (value) => Math.min(255, Math.max(0, Math.round(255 * value)))),
});
/** What the network sees of it. @param {import('bptt/vision').FloatPicture} picture */
const seen = (picture) => standardized(inBytes(picture));

const network = `[1,32,0,1 Cr3,3,16 Gn4 Mp2,2 Cr3,3,32 Gn8 Mp2,2 Cr3,3,48 Gn8 Mp2,1 S1(1x0)1,3 Lbx96 Do0.2 O1c${labels.length + 1}]`;
const model = await createModel(fromVgsl(network), { seed, threads: 'auto' });

const data = {
  *[Symbol.iterator]() {
    for (let i = 0; ; i += ROWS) {
      const chosen = Array.from({ length: ROWS }, () => known[Math.floor(random() * known.length)] ?? known[0]).flatMap(
        (line) => line ?? [],
      );
      yield {
        ...images(chosen.map(({ picture }, row) => seen(asLearned(picture, i + row)))),
        targets: chosen.map(({ text }) => Int32Array.from(text, (label) => classOf.get(label) ?? 0)),
      };
    }
  },
};

console.log(`${known.length} pieces to learn from, ${labels.length} labels, ${model.parameterCount} parameters`);
const begin = process.cpuUsage();
const rise = Math.ceil(updates / 20);
const falling = linear({ from: 4e-3, to: 0, steps: updates - rise });
for await (const event of train(model, {
  data,
  steps: updates,
  loss: await ctc(),
  optimizer: adamw({ learningRate: warmup({ steps: rise, schedule: falling }), weightDecay: 0.01 }),
  clip: { norm: 1 },
  seed,
})) {
  if (event.type === 'step' && event.step % Math.ceil(updates / 30) === 0)
    console.log(`${event.step} updates: loss ${event.loss.toFixed(3)}`);
}
const { user, system } = process.cpuUsage(begin);

const files = unknown.map(({ text, picture, file }, i) => {
  const { width, height, data: bytes } = inBytes(asTested(picture, 1e9 + i));
  writeFileSync(file, Buffer.concat([Buffer.from(`P5 ${width} ${height} 255\n`), bytes]));
  return { text, file };
});

/** What the network reads in a file. @param {string} file */
async function read(file) {
  const input = images([standardized(grey(await readImage(readFileSync(file), file)))]);
  const { outputs } = model.forward(input);
  const steps = outputs.length / (labels.length + 1);
  const [[best] = []] = decode({ steps, rows: 1, logits: outputs });
  return Array.from(best?.labels ?? [], (label) => labels[label - 1]).join('');
}

/** @param {string} name @param {readonly string[]} texts */
function judge(name, texts) {
  const pairs = files.map(({ text }, i) => /** @type {[string[], string[]]} */ ([[...text], [...(texts[i] ?? '')]]));
  const wrong = files.filter(({ text }, i) => text !== texts[i]).length;
  const { rate } = errorRate(pairs);
  console.log(
    `${name}: ${(100 * rate).toFixed(2)} % of characters wrong, ${((100 * wrong) / files.length).toFixed(0)} % of ${files.length} lines`,
  );
}

const ours = [];
for (const { file } of files) ours.push(await read(file));
console.log(`printed lines${values.clean ? ', clean' : ' with blur 1.5 and noise 60'}`);
judge(`bptt, ${updates} updates, ${((user + system) / 60e6).toFixed(1)} minutes of processor time`, ours);

const list = join(folder, 'list.txt');
writeFileSync(list, files.map(({ file }) => file).join('\n'));
const { stdout, failure } = run('tesseract', [list, 'stdout', '--psm', '7', '-l', 'eng']);
if (stdout === undefined) console.log(`Tesseract: ${failure}; apt-get install tesseract-ocr shows what it reads`);
else {
  judge('Tesseract', stdout.split('\f').map(plain));
}
