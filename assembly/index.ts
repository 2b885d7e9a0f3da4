// The ABI: the export list, nothing else.
export { gemm, gemmPacked, gemmScratch, packB } from "./gemm";
export { meanSquaredError, sigmoidCrossEntropy, softmaxCrossEntropy } from "./losses";
export { vexp, vlog } from "./math";
export { normalize, normalizeBack } from "./normalize";
export { sumAbs, sumSquares } from "./norms";
export { adagrad, adam, regularize, rmsprop, sgd } from "./optimizers";
export { activityBack, activityForward, activitySum, activityTerms, transitions, vanishing } from "./penalties";
export { bernoulli, randomAt, randomNormal, randomUniform } from "./random";
export { recurrentBackward, recurrentForward, recurrentScratch } from "./recurrent";
export { copyColumns, maskRows, spreadRows, sumProducts, sumRows } from "./rows";
export { drawnProbability, likeliest, logNormalizer, sampleToken, samplingScratch } from "./sampling";
export { padded, realBytes } from "./simd";
export { gatherRows, scatterAddRows } from "./tokens";
export { add, approach, clampValues, clear, copy, fill, isZero, multiply, scale } from "./vectors";
