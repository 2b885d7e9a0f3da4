// @ts-check
/** Where a value may be what the types do not say, and where a right one would take long; each with its reason. */

/**
 * @typedef {{ where: RegExp, values: readonly string[], why: string }} Rule
 * where: of `function place`, as in `bptt.fit options.accumulate`.
 */

const any = /** @type {readonly string[]} */ ([]);
const large = ['1000000', '2^31', '2^53'];

/** @type {readonly Rule[]} */
const harmless = [
  {
    where:
      /(layer|description|optimizer|learningRate|schedule|[iI]nitializer|sampler|pruner|space\.\w+|objectives\[0\])\b.*\.\w+$|model\[\d\]\.[\w.]+$/,
    values: ['undefined', 'an empty object', 'an object without a prototype', 'a thenable that throws'],
    why: 'plain data, as from a file: what it leaves out has its default',
  },
  {
    where: /plotLoss history\[0\]\.(epoch|penalty|gradientNorm|learningRate|tokens|tokensPerSecond|best)$/,
    values: any,
    why: 'of events the picture shows step and loss alone',
  },
  {
    where: /bptt\.(activation|dense) options\.(function|activation)$/,
    values: [
      'an empty string',
      'a string',
      'a number as a string',
      '"__proto__"',
      '"constructor"',
      'half a surrogate pair',
      'a zero character',
      'a long string',
    ],
    why: 'which functions there are is known where they are: when a model is created',
  },
  {
    where: /bptt\.(conv1d|conv2d|maxPool|averagePool|groupNormalization) options\.(?!constructor)/,
    values: any,
    why: 'what options may be is known where what they do is: when a model is created',
  },
  {
    where: /bptt\.(conv1d|conv2d|maxPool|averagePool|groupNormalization) options$/,
    values: [
      'an empty object',
      'an object without a prototype',
      'an object with length',
      'an object with length 2^53',
      'a cycle',
      'a frozen object',
      'a thenable that throws',
      'conversions that throw',
    ],
    why: 'the same, of objects: whatever is none is refused at once',
  },
  {
    where: /plot(GradientByLag|Connectivity|LyapunovExponents|UpdateRatios) .*\[0\](\.ratio)?$/,
    values: ['Infinity', '-Infinity'],
    why: 'what has grown without end, or vanished, is left out of the picture',
  },
  {
    where: /^diagnostics\.\w+ \w+\.lengths$/,
    values: ['an empty object', 'an object without a prototype', 'a thenable that throws'],
    why: 'lengths by name, of no input',
  },
  {
    where: /pipeline\.scalings\.\w+\.relative$/,
    values: ['undefined'],
    why: 'pipelines in files from before there were relative differences say nothing of them',
  },
  {
    where: /plotTruncationError errors\[0\]\.(cosine|normRatio)$/,
    values: any,
    why: 'the picture shows the angle alone',
  },
];

/** @type {readonly Rule[]} */
const long = [
  {
    where: /\.(epochs|accumulate|steps|length|beams|lags\[0\]|k1|k2|k2\[0\])$/,
    values: large,
    why: 'so much work, or memory, was asked for; a signal, or leaving the loop, ends it',
  },
];

/** @param {readonly Rule[]} rules @param {string} name @param {string} place @param {string} value */
const isIn = (rules, name, place, value) =>
  rules.some(({ where, values }) => where.test(`${name} ${place}`) && (values.length === 0 || values.includes(value)));

/** @param {string} name @param {string} place @param {string} value */
export const isHarmless = (name, place, value) => isIn(harmless, name, place, value);

/** @param {string} name @param {string} place @param {string} value */
export const isLong = (name, place, value) => isIn(long, name, place, value);
