// Who runs trials: what an error names when two workers did not compute the same.

import packageJson from '../../package.json' with { type: 'json' };
import { builtin } from '../base/engine.ts';

/** A worker, as records of a trial name it. */
export interface Worker {
  /** The machine and the process, or the page. */
  readonly name: string;
  /** What runs JavaScript there. */
  readonly engine: string;
  /** That of this package. */
  readonly version: string;
}

/** This worker. */
export function thisWorker(): Worker {
  const { process, navigator } = globalThis;
  const host = builtin('node:os')?.hostname();
  const engine =
    process?.versions?.node === undefined ? navigator?.userAgent : `Node ${process.versions.node}, ${process.arch}`;
  return {
    name: host === undefined ? 'a page' : `process ${process.pid} on ${host}`,
    engine: engine ?? 'an engine without a name',
    version: packageJson.version,
  };
}

/** How an error names a worker. */
export const nameOf = ({ name, engine, version }: Worker): string => `${name} (${engine}, bptt ${version})`;
