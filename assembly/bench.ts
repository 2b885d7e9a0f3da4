// Kernels that only the bench calls: compiled beside index.ts for it, and in no page's binary.
export { softmaxRows } from "./losses";
export { vtanh } from "./math";
