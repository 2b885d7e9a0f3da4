// The ABI of the compiled kernels as one interface. What each function does stands in assembly/.

import type { Dtype } from '../base/dtype.ts';

/** A type of the engine's, where TypeScript knows them: with the types of Node alone, and without those of pages, it does not. */
type EngineType<Name extends string> = typeof globalThis extends {
  readonly WebAssembly: Readonly<Record<Name, { readonly prototype: infer Type }>>;
}
  ? Type
  : object;
export type WasmModule = EngineType<'Module'>;
export type WasmMemory = EngineType<'Memory'>;

/** What pages call a BufferSource. */
export type Bytes = ArrayBufferView<ArrayBuffer> | ArrayBuffer;

/** An address in the Wasm memory, in bytes. 0 means "none" where a kernel allows it. */
export type Pointer = number;

/** The compiled modules: `f32-relaxed` uses fused multiply-add where the engine has it, and is not equal in bits everywhere. */
export type Variant = Dtype | 'f32-relaxed';

/** Exports of one kernel module (assembly/index.ts). Sizes are counts of elements; every row has a padded length ld. */
export interface Kernels {
  readonly memory: WasmMemory;
  /** Where threads share the memory: compiles a companion for it. */
  readonly shared?: (companion: Bytes) => WasmModule;
  realBytes(): number;
  padded(columns: number): number;

  /** `from`: 0, c to add to C, or a row to start each row from. */
  gemm(
    c: Pointer,
    a: Pointer,
    b: Pointer,
    m: number,
    n: number,
    k: number,
    lda: number,
    ldb: number,
    ldc: number,
    transA: boolean,
    transB: boolean,
    from: Pointer,
    scratch: Pointer,
  ): void;
  /** The product with op(B) packed by `packB`. */
  gemmPacked(
    c: Pointer,
    a: Pointer,
    packed: Pointer,
    m: number,
    n: number,
    k: number,
    lda: number,
    ldc: number,
    transA: boolean,
    from: Pointer,
    scratch: Pointer,
  ): void;
  packB(packed: Pointer, b: Pointer, k: number, n: number, ldb: number, transB: boolean): void;
  gemmScratch(m: number, n: number, k: number): number;

  vexp(y: Pointer, x: Pointer, n: number): void;
  vlog(y: Pointer, x: Pointer, n: number): void;

  recurrentScratch(B: number, H: number, gates: number): number;
  recurrentForward(plan: Pointer): void;
  recurrentBackward(plan: Pointer): void;

  add(y: Pointer, x: Pointer, n: number): void;
  copy(y: Pointer, x: Pointer, n: number): void;
  copyColumns(y: Pointer, x: Pointer, rows: number, columns: number, ldy: number, ldx: number): void;
  spreadRows(y: Pointer, rows: number, columns: number, ld: number): void;
  fill(y: Pointer, value: number, n: number): void;
  multiply(y: Pointer, x: Pointer, m: Pointer, n: number): void;

  normalize(
    normal: Pointer,
    x: Pointer,
    inverse: Pointer,
    y: Pointer,
    gain: Pointer,
    bias: Pointer,
    rows: number,
    gates: number,
    H: number,
  ): void;
  normalizeBack(
    dx: Pointer,
    dy: Pointer,
    normal: Pointer,
    inverse: Pointer,
    gain: Pointer,
    dGain: Pointer,
    rows: number,
    gates: number,
    H: number,
  ): void;
  activityForward(
    y: Pointer,
    begun: Pointer,
    flags: Pointer,
    x: Pointer,
    resets: Pointer,
    padding: Pointer,
    T: number,
    B: number,
    ld: number,
  ): void;
  activityTerms(flags: Pointer, n: number, pairs: boolean): number;
  activitySum(y: Pointer, flags: Pointer, T: number, B: number, ld: number, pairs: boolean, sum: number): number;
  activityBack(
    dx: Pointer,
    dy: Pointer,
    dNext: Pointer,
    y: Pointer,
    flags: Pointer,
    T: number,
    B: number,
    ld: number,
    first: number,
    square: number,
    change: number,
  ): void;
  transitions(resets: Pointer, padding: Pointer, n: number): number;
  vanishing(
    r: Pointer,
    d: Pointer,
    h: Pointer,
    m: Pointer,
    resets: Pointer,
    rows: number,
    ld: number,
    activation: number,
    factor: number,
    sum: number,
  ): number;

  gatherRows(y: Pointer, table: Pointer, bias: Pointer, tokens: Pointer, rows: number, ld: number): void;
  scatterAddRows(dTable: Pointer, dy: Pointer, tokens: Pointer, rows: number, ld: number): void;

  sumRows(db: Pointer, dy: Pointer, rows: number, ld: number): void;
  /** du += Σ_r x[r]∘dy[r], r from the last to the first. */
  sumProducts(du: Pointer, x: Pointer, dy: Pointer, rows: number, ld: number): void;
  maskRows(y: Pointer, x: Pointer, mask: Pointer, rows: number, ld: number): void;
  clear(x: Pointer, n: number): void;
  isZero(x: Pointer, n: number): number;
  sumSquares(x: Pointer, n: number): number;
  sumAbs(x: Pointer, n: number): number;
  approach(y: Pointer, x: Pointer, rate: number, n: number): void;
  scale(x: Pointer, factor: number, n: number): void;
  clampValues(x: Pointer, limit: number, n: number): void;

  softmaxCrossEntropy(
    logits: Pointer,
    targets: Pointer,
    mask: Pointer,
    rows: number,
    classes: number,
    ld: number,
    scale: number,
    sum: number,
  ): number;
  meanSquaredError(
    y: Pointer,
    targets: Pointer,
    mask: Pointer,
    rows: number,
    features: number,
    ld: number,
    scale: number,
    sum: number,
  ): number;
  sigmoidCrossEntropy(
    logits: Pointer,
    targets: Pointer,
    mask: Pointer,
    rows: number,
    features: number,
    ld: number,
    scale: number,
    sum: number,
  ): number;

  samplingScratch(classes: number): number;
  sampleToken(
    scratch: Pointer,
    logits: Pointer,
    counts: Pointer,
    classes: number,
    penalty: number,
    temperature: number,
    k: number,
    p: number,
    u: number,
  ): number;
  drawnProbability(scratch: Pointer, token: number): number;
  likeliest(order: Pointer, logits: Pointer, classes: number, k: number): void;
  logNormalizer(scratch: Pointer, logits: Pointer, classes: number): number;

  sgd(
    w: Pointer,
    g: Pointer,
    velocity: Pointer,
    n: number,
    learningRate: number,
    momentum: number,
    nesterov: boolean,
    gradScale: number,
  ): void;
  rmsprop(
    w: Pointer,
    g: Pointer,
    squareAverage: Pointer,
    n: number,
    learningRate: number,
    alpha: number,
    epsilon: number,
    gradScale: number,
  ): void;
  adagrad(
    w: Pointer,
    g: Pointer,
    sum: Pointer,
    n: number,
    learningRate: number,
    epsilon: number,
    gradScale: number,
  ): void;
  adam(
    w: Pointer,
    g: Pointer,
    m: Pointer,
    v: Pointer,
    n: number,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    correction1: number,
    correction2: number,
    decay: number,
    gradScale: number,
  ): void;
  regularize(g: Pointer, w: Pointer, n: number, l1: number, l2: number): void;

  randomUniform(
    dst: Pointer,
    rows: number,
    columns: number,
    ld: number,
    low: number,
    high: number,
    seedLow: number,
    seedHigh: number,
    stream: number,
    first: number,
  ): void;
  randomNormal(
    dst: Pointer,
    rows: number,
    columns: number,
    ld: number,
    mean: number,
    deviation: number,
    seedLow: number,
    seedHigh: number,
    stream: number,
    first: number,
  ): void;
  bernoulli(
    dst: Pointer,
    rows: number,
    columns: number,
    ld: number,
    probability: number,
    value: number,
    seedLow: number,
    seedHigh: number,
    firstRow: number,
    c1: number,
    c2: number,
    c3: number,
  ): void;
  randomAt(seedLow: number, seedHigh: number, stream: number, index: number): number;
}
