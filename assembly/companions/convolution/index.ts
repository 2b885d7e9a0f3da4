// Convolution beside its products, which are those that every page has: what windows see of images and sequences, brought into rows that
// the products read, and the gradients of these rows brought back.
export { gather, place, scatter, take } from './patches';
export { gatherPast, remember, scatterPast } from './past';
export { depthwise, depthwiseBack, depthwiseWeights } from './depthwise';
export { averagePool, averagePoolBack, maxPool, maxPoolBack } from './pool';
export { groupMoments, groupNormalize, groupNormalizeBack, groupNormalizeWeights } from './group-norm';
