// @ts-check
/**
 * The rooms of src/ that are mutated, smallest first, and the tests that may kill their mutants: the room's own, and those of
 * rooms above it that assert what it promises. Tests that are slow and see little of a room are not among them.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const rooms = {
  formats: ['formats'],
  data: ['data'],
  loss: ['loss/weight', 'loss/evaluate', 'bptt/objective', 'loss/penalties'],
  bptt: ['bptt/objective', 'bptt/check', 'bptt/segments.test', 'bptt/backpropagation'],
  generation: ['generation'],
  model: ['model', 'bptt/objective', 'bptt/backpropagation'],
  training: [
    'training/train',
    'training/events',
    'training/fit',
    'training/learning',
    'training/options',
    'training/schedules',
    'truth/against-pytorch.test',
    'training/resume',
  ],
  layers: ['layers', 'loss/penalties', 'model', 'bptt', 'truth/against-pytorch'],
};
