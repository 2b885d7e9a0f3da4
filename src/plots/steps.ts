// What the steps of a sequence are called under or beside a picture.
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { list, optional, string } from '../base/fields.ts';

export const labelled = {
  /** What was read at each step, such as characters. Default: the number of the step. */
  labels: optional(list(string, 'labels')),
};

/** Labels of all steps where they are single characters, or few. */
export const everyStep = (names: readonly string[]) => ({
  hideOverlap: false,
  interval: names.length <= 80 || names.every((name) => [...name].length === 1) ? 0 : 'auto',
  ...(names.length > 80 && { fontSize: 9 }),
});

/** The labels as they can be seen; the numbers of the steps where there are none. @throws BpttError for another number of labels. */
export function stepNames(where: string, count: number, labels: readonly string[] | undefined): string[] {
  if (labels === undefined) return Array.from({ length: count }, (_, step) => String(step));
  if (labels.length !== count) {
    throw new BpttError('invalid-shape', `${where}: expected ${count} labels, one for each step, got ${show(labels)}`);
  }
  // Characters that cannot be seen become ones that can.
  return labels.map((label) => label.replaceAll('\n', '↵').replaceAll(' ', '␣'));
}
