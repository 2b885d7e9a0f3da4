// @ts-check
/**
 * The rooms of src/ that are mutated, smallest first, and the tests that may kill their mutants: the room's own, and those of
 * rooms above it that assert what it promises: folders of test/, or how names begin. Tests that are slow and see little of a room
 * are not among them.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const rooms = {
  formats: ['formats'],
  data: ['data'],
  loss: ['loss', 'bptt/objective', 'layers/activity', 'layers/recurrent/vanishing'],
  bptt: ['bptt/objective', 'bptt/check', 'bptt/segments.test', 'bptt/backpropagation'],
  generation: ['generation'],
  model: ['model', 'layers/initializers', 'layers/named', 'bptt/objective', 'bptt/check', 'bptt/backpropagation'],
  training: [
    ...['training/update', 'training/accumulation', 'training/weight', 'training/early', 'training/events'],
    ...['training/train', 'training/fit', 'training/learning', 'training/options', 'training/schedules'],
    ...['truth/against-pytorch.test', 'bptt/backpropagation', 'training/resume'],
  ],
  layers: ['layers', 'layers/recurrent/', 'truth/against-pytorch'],
};
