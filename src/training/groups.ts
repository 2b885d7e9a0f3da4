// Groups of parameters that learn otherwise than the rest: not at all, or with a learning rate or a weight decay of their own.
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { boolean, type Field, list, number, type Options, object, optional, string } from '../base/fields.ts';
import type { Network } from '../model/network.ts';
import { type LearningRate, learningRate } from './schedules.ts';

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

export const groups = list(object<typeof groupFields, ParameterGroup>(groupFields), 'groups', 1);

/** Parameters of one network that learn alike. */
export interface LearningGroup {
  readonly names: ReadonlySet<string>;
  readonly learningRate: LearningRate | undefined;
  readonly weightDecay: number | undefined;
}

/** Which parameters of a network learn how; those in no group learn as the optimizer says. */
export interface Groups {
  readonly frozen: readonly string[];
  readonly learning: readonly LearningGroup[];
}

/**
 * Finds the parameters of groups.
 *
 * @throws BpttError for a group that matches none or says nothing, a parameter in two groups, and where nothing is left to learn.
 */
export function groupsIn({ layout }: Network, given: readonly ParameterGroup[], where: string): Groups {
  const names = layout.entries.map(({ spec }) => spec.name);
  const owners = new Map<string, number>();
  const found = given.map((group, index) => {
    const at = `${where}.groups[${index}]`;
    refuse(group, at);
    const own = matching(group.match, names, `${at}.match`);
    for (const name of own) {
      const other = owners.get(name);
      if (other !== undefined) {
        throw new BpttError(
          'invalid-argument',
          `${at}.match: expected parameters of no other group, got ${name}, which ${where}.groups[${other}] has`,
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
      `${where}.groups: expected a parameter that is left to learn, got all frozen: ${names.join(', ')}`,
    );
  }
  const learning = found.filter((group) => !group.frozen);
  return {
    frozen,
    learning: learning.map(({ names, learningRate, weightDecay }) => ({ names, learningRate, weightDecay })),
  };
}

function refuse({ frozen = false, learningRate, weightDecay }: ParameterGroup, at: string): void {
  const own = Object.entries({ learningRate, weightDecay }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (!frozen && own.length === 0) {
    throw new BpttError('invalid-argument', `${at}: expected frozen: true, a learningRate or a weightDecay, got none`);
  }
  if (!frozen || own.length === 0) return;
  throw new BpttError('invalid-argument', `${at}.${own[0]}: expected none of parameters that are frozen, got one`);
}

/** The names that patterns match, each of which must match one. */
function matching(match: string | readonly string[], names: readonly string[], where: string): ReadonlySet<string> {
  const given = typeof match === 'string' ? [match] : match;
  return new Set(
    given.flatMap((pattern) => {
      const letters = pattern.split('*').map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
      const expression = new RegExp(`^${letters.join('.*')}$`);
      const found = names.filter((name) => expression.test(name));
      if (found.length > 0) return found;
      throw new BpttError(
        'invalid-argument',
        `${where}: expected a name or pattern of ${names.join(', ')}, got ${show(pattern)}, which matches none`,
      );
    }),
  );
}
