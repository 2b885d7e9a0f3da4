// `import { loadStateDict, saveStateDict } from 'bptt/pytorch'`: PyTorch's state dicts.
export { loadStateDict, type StateDictOptions, saveStateDict } from './state-dict.ts';
