// The labels of CTC: whether they are labels, and whether they fit into the steps of their rows.
import { checkTokens, show } from '../../../base/check.ts';
import { BpttError } from '../../../base/errors.ts';
import type { CheckTargets } from '../../../data/batch.ts';

/** How many labels repeat the one before: a blank must come between them. */
export function repeatsIn(labels: Int32Array): number {
  let repeats = 0;
  for (let j = 1; j < labels.length; j++) if (labels[j] === labels[j - 1]) repeats++;
  return repeats;
}

/** Whether a path of so many steps can give the labels. */
export function fits(labels: Int32Array, steps: number): boolean {
  return labels.length + repeatsIn(labels) <= steps;
}

/** The check of the targets of an output with so many classes. */
export function checkLabels(
  { blank, infeasible }: { readonly blank: number; readonly infeasible: 'error' | 'skip' },
  classes: number,
): CheckTargets {
  return (where, targets, B, T, lengths, leaves) => {
    if (T === undefined) {
      throw new BpttError('invalid-shape', `${where}: expected an output with steps for ctc, got one output a row`);
    }
    if (!Array.isArray(targets) || targets.length !== B) {
      throw new BpttError(
        'invalid-shape',
        `${where}: expected an array of B=${B} Int32Arrays, the labels of each row, got ${show(targets)}`,
      );
    }
    return targets.map((given: unknown, row) => {
      const labels = checkRow(`${where}[${row}]`, given, classes, blank);
      if (infeasible === 'error') refuseInfeasible(`${where}[${row}]`, labels, lengths?.[row] ?? T, leaves);
      return labels;
    });
  };
}

function checkRow(where: string, given: unknown, classes: number, blank: number): Int32Array {
  if (!(given instanceof Int32Array || Array.isArray(given))) {
    throw new BpttError('invalid-argument', `${where}: expected the labels as an Int32Array, got ${show(given)}`);
  }
  const labels =
    given instanceof Int32Array ? given : Int32Array.from(checkTokens(where, given, classes, given.length));
  for (const [index, label] of labels.entries()) {
    if (label >= 0 && label < classes && label !== blank) continue;
    const got = label === blank ? `the blank ${blank}` : String(label);
    throw new BpttError(
      'invalid-argument',
      `${where}[${index}]: expected a label from 0 to ${classes - 1} that is not the blank, got ${got}`,
    );
  }
  return labels;
}

function refuseInfeasible(where: string, labels: Int32Array, steps: number, leaves: string | undefined): void {
  if (fits(labels, steps)) return;
  const repeats = repeatsIn(labels);
  const needed = labels.length + repeats;
  const room = `${steps} steps ${leaves === undefined ? 'of the row' : `that ${leaves} leaves of the row`}`;
  const why = repeats === 0 ? '' : `, ${repeats} of which repeat the one before and need a blank between`;
  throw new BpttError(
    'invalid-argument',
    `${where}: expected labels that fit into the ${room}, got ${labels.length}${why}: ${needed - steps} steps too few; ctc({ infeasible: 'skip' }) counts such rows out`,
  );
}
