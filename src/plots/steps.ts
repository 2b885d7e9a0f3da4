// What the steps of a sequence are called under or beside a picture.
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';

/** Labels of all steps, where there is room for them. */
export const everyStep = ({ length }: readonly string[]) => ({
  hideOverlap: false,
  interval: length > 80 ? 'auto' : 0,
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
