// What every engine must compute to the last bit: small models trained for 200 updates, each reduced to the SHA-256 of
// its parameters. Bundled into one module by run.js; the default export is what an engine runs.
import {
  type Activation,
  adam,
  createModel,
  type Dtype,
  dense,
  elman,
  textStream,
  tokens,
  train,
} from '../../src/index.ts';

const UPDATES = 200;
const CLIP = 0.5; // between the smallest and the largest norm of every case
const VOCABULARY = 17; // no multiple of any vector's length
const ROWS = 6;
const STEPS = 43; // a multiple of neither k1: each epoch ends with a shorter window

const truncations = {
  'full BPTT': undefined,
  'k1=5 k2=9': { k1: 5, k2: 9 },
  'k1=9 k2=5': { k1: 9, k2: 5 },
} as const;

/** SHA-256 of the trained parameters, by the name of the case. */
export default async function hashes(): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const dtype of ['f32', 'f64'] as const) {
    for (const activation of ['tanh', 'relu'] as const) {
      for (const name of Object.keys(truncations) as (keyof typeof truncations)[]) {
        results[`${activation}, ${name}, ${dtype}`] = await hashAfterTraining(activation, name, dtype);
      }
    }
  }
  return results;
}

async function hashAfterTraining(
  activation: Activation,
  name: keyof typeof truncations,
  dtype: Dtype,
): Promise<string> {
  const model = await createModel(
    [
      tokens(VOCABULARY),
      elman({ units: 24, activation }),
      elman({ units: 31, activation }),
      dense({ units: VOCABULARY }),
    ],
    { seed: 7, dtype },
  );
  const truncation = truncations[name];
  const losses: number[] = [];
  let clipped = 0;
  for await (const event of train(model, {
    data: textStream(syntheticTokens(ROWS * STEPS - 1), { batch: ROWS }), // uneven rows: a mask is needed
    loss: 'cross-entropy',
    ...(truncation && { truncation }),
    optimizer: adam({ learningRate: 1 / 128 }),
    clip: { norm: CLIP },
    steps: UPDATES,
  })) {
    if (event.type !== 'step') continue;
    losses.push(event.loss);
    if (event.gradientNorm > CLIP) clipped++;
  }
  // A fixture that does not train, or never or always clips, would show less than it says.
  if (losses.length !== UPDATES || clipped === 0 || clipped === UPDATES || !(losses.at(-1)! < losses[0]!)) {
    throw new Error(
      `${name}: ${losses.length} updates, ${clipped} clipped, loss from ${losses[0]} to ${losses.at(-1)}`,
    );
  }
  return sha256(model.parameters().map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
}

/** Tokens of a seeded second-order chain, in integer arithmetic only: mostly predictable, so that there is something to learn. */
function syntheticTokens(length: number): Int32Array {
  const stream = new Int32Array(length);
  let random = 12345;
  for (let i = 2; i < length; i++) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0; // Numerical Recipes, section 7.1
    const noise = random >>> 24 < 32 ? random >>> 16 : 0; // one token in eight
    stream[i] = (stream[i - 1]! * 5 + stream[i - 2]! * 3 + 1 + noise) % VOCABULARY;
  }
  return stream;
}

async function sha256(parts: readonly Uint8Array[]): Promise<string> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
