// What engines have under names that some do not: simulated pages (jsdom, happy-dom), edge runtimes, old ones.
import { BpttError } from './errors.ts';

/** Of Node's own modules. @internal */
interface Builtins {
  'node:os': typeof import('node:os');
  'node:util': typeof import('node:util');
  'node:worker_threads': typeof import('node:worker_threads');
  'node:zlib': typeof import('node:zlib');
}

/** A module of Node's own, or undefined elsewhere. It is asked for in this way so that no bundler looks for it. @internal */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined {
  return globalThis.process?.getBuiltinModule?.(name);
}

/** A class for text in UTF-8: that of the page, or Node's, which jsdom hides. @throws BpttError where there is neither. @internal */
export function textClass<Name extends 'TextDecoder' | 'TextEncoder'>(name: Name): (typeof globalThis)[Name] {
  const found = globalThis[name] ?? builtin('node:util')?.[name];
  if (found !== undefined) return found as (typeof globalThis)[Name];
  throw new BpttError('unsupported-engine', `engine: expected one with ${name}, got one without`);
}
