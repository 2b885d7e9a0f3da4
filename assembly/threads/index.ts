// The ABI of a team: the same functions with the same arguments, of which those that are worth it are computed by all threads together,
// and what leads them.
export { addLosses, bernoulli, gatherRows, meanSquaredErrorRows, scatterAddRows, sigmoidCrossEntropyRows, softmaxCrossEntropyRows, sumRows } from "./rows";
export { adagrad, adam, add, approach, clampValues, clear, copy, multiply, regularize, rmsprop, scale, sgd } from "./flat";
export { gemm, gemmPacked, gemmScratch, packB } from "./products";
export { beginJob, failTeam, finishJob, joinTeam, nextJob, setLimits, takeOver, teamAt } from "./team";
export { meanSquaredError, sigmoidCrossEntropy, softmaxCrossEntropy } from "../losses";
export { vexp, vlog } from "../math";
export { normalize, normalizeBack } from "../normalize";
export { sumAbs, sumSquares } from "../norms";
export { activityBack, activityForward, activitySum, activityTerms, transitions, vanishing } from "../penalties";
export { randomAt, randomNormal, randomUniform } from "../random";
export { goesByRows, recurrentBackward, recurrentForward, recurrentScratch } from "../recurrent";
export { copyColumns, maskRows, spreadRows, sumProducts } from "../rows";
export { drawnProbability, likeliest, logNormalizer, sampleToken, samplingScratch } from "../sampling";
export { padded, realBytes } from "../simd";
export { fill, isZero } from "../vectors";
