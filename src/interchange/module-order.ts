// The modules of a PyTorch state dict: which tensors belong together, and where in a model each module can stand.
// Files are sorted by name, so their order says nothing: shapes do, and numbers within names.
import { BpttError } from '../base/errors.ts';

/** Tensors whose names begin alike. */
export interface StateModule {
  /** As in PyTorch: `encoder.rnn`, or nothing for a module that was saved alone. */
  readonly name: string;
  /** What its tensors' names begin with: `encoder.rnn.`, or nothing. */
  readonly prefix: string;
  /** Whether it has `weight_ih_l0` and the like, or `weight`. */
  readonly kind: 'recurrent' | 'plain';
  /** Its layers: one more than the greatest number of a recurrent one, else 1. */
  readonly layers: number;
}

/** The modules that these tensors belong to, in the natural order of their names. */
export function stateModules(tensors: Iterable<string>): readonly StateModule[] {
  const found = new Map<string, StateModule>();
  for (const tensor of tensors) {
    const match = /^(|.*\.)weight(?:_ih_l(\d+))?$/.exec(tensor);
    if (match === null) continue;
    const [, prefix = '', number] = match;
    const kind = number === undefined ? 'plain' : 'recurrent';
    const key = `${kind} ${prefix}`;
    const layers = Math.max(Number(number ?? 0) + 1, found.get(key)?.layers ?? 0);
    found.set(key, { name: prefix.slice(0, -1), prefix, kind, layers });
  }
  return [...found.values()].sort((a, b) => natural(a.name, b.name));
}

/** The modules in the order of a list of their names, which has each of them once. */
export function inOrderOf(names: readonly string[], modules: readonly StateModule[]): readonly StateModule[] {
  const known = new Set(modules.map(({ name }) => name));
  if (names.length !== known.size || names.some((name) => !known.has(name))) {
    const list = (all: Iterable<string>) => [...all].map((name) => JSON.stringify(name)).join(', ') || 'none';
    throw new BpttError(
      'invalid-argument',
      `loadStateDict.modules: expected ${list(known)} in the order in which they compute, got ${list(names)}`,
    );
  }
  return [...modules].sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

/**
 * The orders of the modules in which they fit `places` places one after another, none left over; two at most. Where names
 * differ in nothing but numbers, these decide if they can: rnn1 stands before rnn2.
 *
 * @param modules In natural order.
 * @param fits Whether a module can stand at this place and, with several layers, those after it.
 */
export function ordersThatFit(
  places: number,
  modules: readonly StateModule[],
  fits: (module: StateModule, place: number) => boolean,
): readonly (readonly StateModule[])[] {
  if (modules.reduce((sum, { layers }) => sum + layers, 0) !== places) return [];
  // Of modules that can stand at the same places there must not be more than these: that ends most searches before they begin.
  const crowds = new Map<string, number>();
  for (const module of modules) {
    const open = Array.from({ length: places }, (_, place) => place).filter((place) => fits(module, place));
    const crowd = (crowds.get(open.join()) ?? 0) + 1;
    if (crowd > open.length) return [];
    crowds.set(open.join(), crowd);
  }
  const search = (byNumber: boolean) => {
    const orders: StateModule[][] = [];
    const hopeless = new Set<string>();
    const go = (place: number, rest: readonly StateModule[], taken: readonly StateModule[]) => {
      const before = orders.length;
      const key = rest.map(({ name }) => name).join();
      if (before === 2 || hopeless.has(key)) return;
      if (rest.length === 0) orders.push([...taken]);
      for (const [index, module] of rest.entries()) {
        const second = byNumber && rest.slice(0, index).some((other) => wordsOf(other) === wordsOf(module));
        if (second || !fits(module, place)) continue;
        go(
          place + module.layers,
          rest.filter((other) => other !== module),
          [...taken, module],
        );
      }
      if (orders.length === before) hopeless.add(key);
    };
    go(0, modules, []);
    return orders;
  };
  const orders = search(true);
  return orders.length > 0 ? orders : search(false);
}

/** A name without its numbers. */
const wordsOf = ({ name }: StateModule) => name.replace(/\d+/g, '');

/** Numbers within names by their value: rnn2 before rnn10. */
function natural(a: string, b: string): number {
  const parts = (name: string) => name.split(/(\d+)/);
  const [first, second] = [parts(a), parts(b)];
  for (let i = 0; i < Math.min(first.length, second.length); i++) {
    const [x, y] = [first[i]!, second[i]!];
    if (x === y) continue;
    if (i % 2 === 1 && Number(x) !== Number(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return first.length - second.length;
}
