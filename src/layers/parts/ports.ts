// What a layer that joins several entries may read.
import { BpttError } from '../../base/errors.ts';
import type { Port } from '../contract.ts';

/** @throws BpttError for tokens, and for entries on several clocks. */
export function checkPorts(where: string, ports: readonly Port[]): void {
  const [first] = ports as [Port];
  for (const { signal, clock, where: source } of ports) {
    if (signal.kind === 'tokens') {
      throw new BpttError(
        'invalid-shape',
        `${where}.from: expected features, got ${signal.size} tokens from ${source}; embedding makes features of them`,
      );
    }
    if (clock === first.clock) continue;
    const steps = [first, { clock }].find((port) => port.clock.kind === 'steps')!.clock.name;
    const row = clock.kind === 'row' || first.clock.kind === 'row';
    throw new BpttError(
      'invalid-shape',
      `${where}.from: expected entries on one clock, got ${first.where} with ${said(first)} and ${source} with ${said({ clock })}${
        row ? `; repeat({ clock: '${steps}' }) gives one output a row at each step` : ''
      }`,
    );
  }
}

/** The one size of all. @throws BpttError as `checkPorts` does, and for entries of several sizes. */
export function checkSizes(where: string, ports: readonly Port[]): number {
  checkPorts(where, ports);
  const [first] = ports as [Port];
  const columns = first.signal.size;
  const other = ports.find(({ signal }) => signal.size !== columns);
  if (other === undefined) return columns;
  throw new BpttError(
    'invalid-shape',
    `${where}.from: expected entries of one size, got ${columns} features from ${first.where} and ${other.signal.size} from ${other.where}`,
  );
}

function said({ clock }: Pick<Port, 'clock'>): string {
  return clock.kind === 'row' ? 'one output a row' : `the steps of '${clock.name}'`;
}
