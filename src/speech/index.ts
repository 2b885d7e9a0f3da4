// Speech and other sequences of labels: `import { ctc } from 'bptt/speech'`.
export { type CtcDescription, type CtcOptions, ctc } from '../loss/kinds/ctc.ts';
