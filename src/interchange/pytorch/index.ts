// `import { loadStateDict, saveStateDict } from 'bptt/pytorch'`: PyTorch's state dicts.
export { loadStateDict } from './load-state-dict.ts';
export { saveStateDict } from './save-state-dict.ts';
export type { LoadStateDictOptions, StateDictOptions } from './state-dict.ts';
