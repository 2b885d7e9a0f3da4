// One damaged file: whether what reads it gives a value or says what is wrong, and how much memory it asks for.
import { BpttError } from '../../src/base/errors.ts';
import { allocatedBy } from './allocations.ts';
import type { Format } from './formats.ts';
import { mutate, Random } from './mutate.ts';

/** Bytes that a reader may take whatever the file: the memory of a model and its kernels, tables. */
const FREE = 2 ** 22;
/** The largest single array, in bytes of the file. */
const GROWTH = 4;

/** What is wrong with how a file was read. */
export interface Fault {
  readonly kind: 'foreign exception' | 'allocation';
  readonly message: string;
}

/** The file of a case: the same for the same seed. */
export function fileOf(format: Format, seed: number): Uint8Array {
  const random = new Random(seed);
  const file = random.pick(format.files);
  return format.damage?.(file, random) ?? mutate(file, format.files, random);
}

/** Reads a damaged file. */
export async function read(format: Format, bytes: Uint8Array): Promise<Fault | undefined> {
  let fault: Fault | undefined;
  const largest = await allocatedBy(async () => {
    try {
      await format.read(bytes);
    } catch (error) {
      if (error instanceof BpttError) return;
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      fault = { kind: 'foreign exception', message };
    }
  });
  if (fault !== undefined || largest <= GROWTH * bytes.length + FREE) return fault;
  return { kind: 'allocation', message: `${largest} bytes for a file of ${bytes.length}` };
}
