// Groups of parameters that learn otherwise than the rest: not at all, or with a learning rate or a weight decay of their own. Loaded for
// trainings that have some.
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { boolean, type Field, list, number, type Options, object, optional, string } from '../base/fields.ts';
import { type Part, without } from '../model/gradient-parts.ts';
import type { Network } from '../model/network.ts';
import type { Optimizer } from './optimizers.ts';
import { learningRate, plateauIn } from './schedules.ts';

const patterns = list(string, 'names or patterns', 1);

const match: Field<string | readonly string[]> = {
  check: (where, value) => (Array.isArray(value) ? patterns.check(where, value) : string.check(where, value)),
};

export const groupFields = {
  /** Which parameters: a name of `parameters()`, a pattern such as `words.*` in which `*` stands for any letters, or several of them. */
  match,
  /** Whether they stay as they are. That costs no gradient, and nothing below them is gone back through for them. Default false. */
  frozen: optional(boolean),
  /** Their own learning rate: a number or a schedule, in place of the optimizer's. Default: the optimizer's. */
  learningRate: optional(learningRate),
  /** Their own weight decay, of `adamw` alone; biases decay where its `decayBiases` says so. Default: the optimizer's. */
  weightDecay: optional(number({ min: 0 })),
};

/** Parameters that learn otherwise than the rest. */
export interface ParameterGroup extends Options<typeof groupFields> {}

/** Parts of a block that learn alike. */
export interface LearningParts extends Pick<ParameterGroup, 'learningRate' | 'weightDecay'> {
  readonly parts: readonly Part[];
}

/** Who learns how. */
export interface Division {
  readonly frozen: readonly string[];
  readonly learning: readonly LearningParts[];
  /** What is in no group. */
  readonly rest: readonly Part[];
}

/** What groups must go with. */
interface Training {
  readonly groups: readonly ParameterGroup[];
  readonly optimizer: Optimizer;
  /** Whether there is a loss that a plateau could follow. */
  readonly validates: boolean;
}

const groupList = list(object<typeof groupFields, ParameterGroup>(groupFields), 'groups', 1);

/**
 * Checks groups and finds their parameters.
 *
 * @throws BpttError for options that are wrong or unknown, a group that matches none or says nothing, a parameter in two groups, and
 * where nothing is left to learn.
 */
export function divide(network: Network, { groups, optimizer, validates }: Training): Division {
  const { layout } = network;
  const where = 'train.groups';
  const names = layout.entries.map(({ spec }) => spec.name);
  const owners = new Map<string, number>();
  const found = groupList.check(where, groups).map((group, index) => {
    const at = `${where}[${index}]`;
    refuse(group, at, optimizer, validates);
    const own = matching(group.match, names, `${at}.match`);
    for (const name of own) {
      const other = owners.get(name);
      if (other !== undefined) {
        throw new BpttError(
          'invalid-argument',
          `${at}.match: expected parameters of no other group, got ${name}, which ${where}[${other}] has`,
        );
      }
      owners.set(name, index);
    }
    return { ...group, names: own };
  });
  const frozen = found.filter((group) => group.frozen === true).flatMap((group) => [...group.names]);
  if (frozen.length === names.length) {
    throw new BpttError(
      'invalid-argument',
      `${where}: expected a parameter that is left to learn, got all frozen: ${names.join(', ')}`,
    );
  }
  const partsOf = (has: (name: string) => boolean) => names.filter(has).map((name) => network.part(name));
  const learning = found.filter((group) => !group.frozen);
  return {
    frozen,
    learning: learning.map(({ names, ...group }) => ({ ...group, parts: partsOf((name) => names.has(name)) })),
    rest: without(
      [{ offset: 0, count: layout.count }],
      partsOf((name) => owners.has(name)),
    ),
  };
}

function refuse(group: ParameterGroup, at: string, optimizer: Optimizer, validates: boolean): void {
  const { frozen = false, learningRate, weightDecay } = group;
  const refused = (what: string) => new BpttError('invalid-argument', `${at}${what}`);
  const own = (['learningRate', 'weightDecay'] as const).find((name) => group[name] !== undefined);
  if (!frozen && own === undefined) throw refused(': expected frozen: true, a learningRate or a weightDecay, got none');
  if (frozen && own !== undefined) throw refused(`.${own}: expected none of parameters that are frozen, got one`);
  if (weightDecay !== undefined && optimizer.kind !== 'adamw') {
    throw refused(
      `.weightDecay: expected the optimizer adamw, whose weight decay it is, got ${optimizer.kind}; regularization is for all`,
    );
  }
  if (learningRate !== undefined && !validates && plateauIn(learningRate) !== undefined) {
    throw refused('.learningRate: expected validation and validateEvery with plateau');
  }
}

/** Whether the texts stand in a name in their order, with anything between them. */
function matches(name: string, [first = '', ...others]: readonly string[]): boolean {
  const last = others.pop();
  if (last === undefined) return name === first;
  let at = first.length;
  for (const text of others) {
    const found = name.indexOf(text, at);
    if (found < 0) return false;
    at = found + text.length;
  }
  return name.startsWith(first) && name.length >= at + last.length && name.endsWith(last);
}

/** The names that patterns match, each of which must match one. */
function matching(match: string | readonly string[], names: readonly string[], where: string): ReadonlySet<string> {
  const given = typeof match === 'string' ? [match] : match;
  return new Set(
    given.flatMap((pattern) => {
      const found = names.filter((name) => matches(name, pattern.split('*')));
      if (found.length > 0) return found;
      throw new BpttError(
        'invalid-argument',
        `${where}: expected a name or pattern of ${names.join(', ')}, got ${show(pattern)}, which matches none`,
      );
    }),
  );
}
