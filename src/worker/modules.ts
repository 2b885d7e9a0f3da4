// Users' own layers and losses in a thread. Functions cannot be sent to it: it gets them from the modules that export them.
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { type Field, list, withDefault } from '../base/fields.ts';
import type { LayerKind } from '../layers/contract.ts';
import { kindIn } from '../layers/describe.ts';
import { isOwn } from '../layers/registry.ts';
import { lossFrom } from '../loss/kinds.ts';
import { isLossValue, type LossDescription, type LossName, type LossValue, type OwnLoss } from '../loss/losses.ts';
import type { LossOption, WeightedLoss } from '../loss/output-losses.ts';

const url: Field<string | URL> = {
  check(where, value) {
    if ((typeof value === 'string' || value instanceof URL) && URL.canParse(String(value))) return String(value);
    throw new BpttError(
      'invalid-argument',
      `${where}: expected the URL of a module, as in new URL('./own.js', import.meta.url), got ${show(value)}`,
    );
  },
};

export const modulesFields = {
  /** URLs of the modules that export the layers of `defineLayer` and the losses of `defineLoss` that are used. Default: none. */
  modules: withDefault(list(url, 'URLs'), []),
};

/** What a thread is to know of users' own. */
export interface OwnParts {
  readonly kinds: readonly LayerKind<never>[];
  readonly losses: readonly OwnLoss[];
}

/** @throws BpttError for a model or a loss with users' own parts, where there is no module that they could come from. */
export function checkModules(
  where: string,
  modules: readonly (string | URL)[],
  description: readonly { readonly kind: string }[],
  loss: LossOption,
): void {
  if (modules.length === 0) refuseMissing(where, { kinds: [], losses: [] }, description, loss);
}

/** @throws BpttError for the first part that is not there. */
export function refuseMissing(
  where: string,
  { kinds, losses }: OwnParts,
  description: readonly { readonly kind: string }[],
  loss: LossOption,
): void {
  const layer = description.find((entry) => isOwn(entry) && !kinds.some(({ kind }) => kind === entry.kind));
  const other = lossesIn(loss).find((one) => isOwnLoss(one) && !losses.some(({ name }) => name === one.name));
  if (layer === undefined && other === undefined) return;
  const missing = layer === undefined ? `loss ${(other as OwnLoss).name}` : `layer ${layer.kind.replace('own:', '')}`;
  throw new BpttError(
    'invalid-argument',
    `${where}.modules: expected the URL of a module that exports the ${missing}, which a thread cannot be sent, got none`,
  );
}

/** Loads what modules export. @throws BpttError for a module that cannot be loaded. */
export async function loadModules(modules: readonly (string | URL)[]): Promise<OwnParts> {
  const loaded = await Promise.all(modules.map((module) => load(String(module))));
  const exported = loaded.flatMap((module) => Object.values(module));
  return {
    kinds: exported.flatMap((value) => (typeof value === 'function' ? (kindIn(value) ?? []) : [])),
    losses: exported.filter((value) => isLossValue(value) && isOwnLoss(value)),
  };
}

async function load(module: string): Promise<object> {
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ module);
  } catch (cause) {
    throw new BpttError('worker-failed', `modules: expected to load ${module}, got ${String(cause)}`, { cause });
  }
}

/** A checked loss as it was sent, with what it does: on its way it has lost that. */
export function restoreLoss(loss: LossOption, losses: readonly OwnLoss[]): LossOption {
  if (typeof loss === 'string') return loss;
  if (isSent(loss)) return isOwnLoss(loss) ? losses.find(({ name }) => name === loss.name)! : lossFrom('loss', loss);
  return Object.fromEntries(
    (Object.entries(loss) as [string, WeightedLoss][]).map(([name, { loss: one, weight = 1 }]) => {
      return [name, { loss: restoreLoss(one, losses) as LossName | LossValue, weight }];
    }),
  );
}

/** The losses of all outputs, of an option that was checked. */
export function lossesIn(loss: LossOption): readonly (LossName | LossValue)[] {
  if (typeof loss === 'string' || isSent(loss)) return [loss];
  return Object.values(loss as Readonly<Record<string, WeightedLoss>>).map((one) => one.loss);
}

/** Told from a record of losses, whose values are objects. */
function isSent(loss: Exclude<LossOption, LossName>): loss is LossValue {
  return typeof (loss as LossDescription).kind === 'string' || isOwnLoss(loss as LossValue);
}

/** A user's own, by what it is compared with. */
function isOwnLoss(loss: LossName | LossValue): loss is OwnLoss {
  return typeof loss !== 'string' && 'targets' in loss && typeof loss.targets === 'string';
}
