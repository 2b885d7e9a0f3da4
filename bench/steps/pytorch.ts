// PyTorch as a contender: bench/steps/pytorch.py in a process of its own, asked for samples when it is its turn.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Contender } from '../measure.ts';

export const installation = 'apt-get install python3-torch libopenblas0-pthread (Debian, Ubuntu) or pip install torch';

/** PyTorch's own modules as its documentation shows them, or the fastest of several ways to write the same. */
export type Choice = 'modules' | 'fastest';

/** The contenders' names. */
export const peers: Readonly<Record<Choice, string>> = { modules: 'PyTorch', fastest: 'fastest PyTorch' };

export interface PyTorch {
  version: string;
  /** The library behind its matrix products. On `reference`, Netlib's, its times say nothing. */
  blas: string;
  contender(workload: string, choice: Choice): Contender;
  /** How it wrote the workload. */
  form(workload: string, choice: Choice): string;
  stop(): void;
}

/** Starts it, or returns undefined when no Python has torch. */
export async function startPyTorch(): Promise<PyTorch | undefined> {
  // OpenBLAS is to choose its kernels by the processor.
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...rest } = process.env;
  const env = { ...rest, PYTHONDONTWRITEBYTECODE: '1' };
  const python = ['python3', '/usr/bin/python3'].find((candidate) => {
    return spawnSync(candidate, ['-c', 'import torch'], { env, stdio: 'ignore' }).status === 0;
  });
  if (python === undefined) return undefined;

  const script = fileURLToPath(new URL('../bench/steps/pytorch.py', import.meta.url));
  const child = spawn(python, [script, '--serve'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const answer = answers(child);
  const { version, blas } = (await answer()) as { version: string; blas: string };
  const forms = new Map<string, string>();
  const samples = async (workload: string, choice: Choice, milliseconds: number) => {
    child.stdin?.write(`${workload} ${choice} ${milliseconds}\n`);
    const { form, samples } = (await answer()) as { form: string; samples: number[] };
    forms.set(`${workload} ${choice}`, form);
    return samples;
  };
  return {
    version,
    blas,
    contender: (workload, choice) => ({
      name: peers[choice],
      samples: (milliseconds) => samples(workload, choice, milliseconds),
    }),
    form: (workload, choice) => forms.get(`${workload} ${choice}`) ?? '',
    stop: () => child.stdin?.end(),
  };
}

/** The next line of the process as JSON; an error when it ends instead. */
function answers(child: ChildProcess): () => Promise<unknown> {
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('bench/steps/pytorch.py ended; what it said stands above');
    return JSON.parse(value);
  };
}
