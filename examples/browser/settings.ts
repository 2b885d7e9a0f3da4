// From what stands in the form to settings. What is wrong is said beside its field.
import { byId } from './dom.ts';
import type { Settings } from './messages.ts';

interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

const ranges = {
  hidden: { min: 1, max: 1024, whole: true },
  learningRate: { min: 1e-6, max: 1, whole: false },
  batch: { min: 1, max: 64, whole: true },
  k1: { min: 1, max: 1000, whole: true },
  k2: { min: 1, max: 1000, whole: true },
  seed: { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
} as const satisfies Record<string, Range>;

type Name = keyof typeof ranges;

/** One more than the most rows, each of which needs a character to read; the last also one to predict. */
const LEAST_CHARACTERS = ranges.batch.max + 1;

const text = byId('text', HTMLTextAreaElement);

/** The settings, or undefined when a field is wrong: then it says so, and the first such field has the focus. */
export function readSettings(): Settings | undefined {
  const wrong: HTMLElement[] = [];
  const show = (field: HTMLElement, problem: string | undefined): void => {
    const error = byId(`${field.id}-error`, HTMLElement);
    error.textContent = problem ?? '';
    error.hidden = problem === undefined;
    if (problem === undefined) {
      field.removeAttribute('aria-invalid');
    } else {
      field.setAttribute('aria-invalid', 'true');
      wrong.push(field);
    }
  };
  const number = (name: Name): number => {
    const field = byId(name, HTMLInputElement);
    show(field, problemOfNumber(field.value, ranges[name]));
    return Number(field.value);
  };

  show(text, problemOfText(text.value));
  const settings: Settings = {
    text: text.value,
    hidden: number('hidden'),
    learningRate: number('learningRate'),
    k1: number('k1'),
    k2: number('k2'),
    batch: number('batch'),
    seed: number('seed'),
  };
  wrong[0]?.focus();
  return wrong.length === 0 ? settings : undefined;
}

function problemOfNumber(typed: string, { min, max, whole }: Range): string | undefined {
  const value = Number(typed);
  const right = typed.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value));
  if (right) return undefined;
  const limits = max === Number.MAX_SAFE_INTEGER ? `, ${min} or more` : ` from ${min} to ${max}`;
  const got = typed.trim() === '' ? 'nothing' : `“${typed}”`;
  return `Expected a ${whole ? 'whole ' : ''}number${limits}, got ${got}.`;
}

function problemOfText(value: string): string | undefined {
  const { length, different } = countCharacters(value);
  if (length < LEAST_CHARACTERS) return `Expected at least ${LEAST_CHARACTERS} characters, got ${length}.`;
  if (different < 2) return 'Expected at least two different characters: there is nothing to learn in one.';
  return undefined;
}

/** Characters as code points, which is what the network reads. */
export function countCharacters(value: string): { readonly length: number; readonly different: number } {
  const points = [...value];
  return { length: points.length, different: new Set(points).size };
}
