// What the threads of a team run but the one that leads: the jobs that it hands out, until it ends them.
import { parentPort } from '../../base/port.ts';
import type { WasmMemory, WasmModule } from '../kernels.ts';
import { argumentsIn, jobNames } from './jobs.ts';

/** What a member is sent to begin with. */
export interface Joining {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** Its number, and how many there are. */
  readonly number: number;
  readonly count: number;
}

/** What a member says: that it is there, or what went wrong. */
export type MemberMessage = { readonly joined: true } | { readonly failed: string };

type Job = (...args: readonly number[]) => void;

const port = parentPort();
port.listen((message) => {
  port.unlisten();
  try {
    run(message as Joining);
  } catch (error) {
    port.post({ failed: String(error) } satisfies MemberMessage);
  }
  port.close();
});

function run({ module, memory, number, count }: Joining): void {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = exports as unknown as Readonly<Record<string, Job>> & { teamAt(): number; nextJob(): number };
  kernels.joinTeam!(number, count);
  const a = argumentsIn(memory, kernels.teamAt());
  port.post({ joined: true } satisfies MemberMessage);
  try {
    for (;;) {
      // All that there may be, one by one: spread they would be in a new array each time.
      const job = kernels[jobNames[kernels.nextJob()]!]!;
      job(a[0]!, a[1]!, a[2]!, a[3]!, a[4]!, a[5]!, a[6]!, a[7]!, a[8]!, a[9]!, a[10]!, a[11]!, a[12]!);
    }
  } catch (error) {
    kernels.failTeam!();
    throw error;
  }
}
