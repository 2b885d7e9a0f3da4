// The store in a bucket that docs/guides/sweeps.md shows, over a stand-in that answers as S3 does.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { adam, dense, elman, tokens } from '../../src/index.ts';
import { type CheckpointStore, int, memoryStore, type SweepOptions, sweep } from '../../src/sweep/index.ts';

const guide = readFileSync(new URL('../../docs/guides/sweeps.md', import.meta.url), 'utf8');
const [code] = /function s3Store[\s\S]*?(?=```)/.exec(guide)!;
const s3Store = new Function(`${code}; return s3Store;`)() as (aws: object, bucket: string) => CheckpointStore;

/** As many keys at a time does the list have: S3 has 1000. */
const PAGE = 3;
const objects = new Map<string, Buffer>();
/** How often a write is refused because another is on its way. */
let conflicts = 0;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/: GetObject, PutObject, DeleteObject, ListObjectsV2. */
async function answer(request: IncomingMessage): Promise<readonly [status: number, body?: string | Buffer]> {
  const { pathname, searchParams } = new URL(request.url!, 'http://bucket');
  if (!pathname.startsWith('/bucket/')) return [404, '<Code>NoSuchBucket</Code>'];
  const key = pathname.slice('/bucket/'.length);
  if (request.method === 'PUT') {
    const body = await buffer(request);
    if (conflicts-- > 0) return [409];
    if (request.headers['if-none-match'] === '*' && objects.has(key)) return [412];
    objects.set(key, body);
    return [200];
  }
  if (request.method === 'DELETE') {
    objects.delete(key);
    return [204];
  }
  if (key !== '') return objects.has(key) ? [200, objects.get(key)!] : [404, '<Code>NoSuchKey</Code>'];
  const [prefix, after] = [searchParams.get('prefix') ?? '', searchParams.get('start-after') ?? ''];
  const keys = [...objects.keys()].filter((each) => each.startsWith(prefix) && each > after).sort();
  const contents = keys.slice(0, PAGE).map((each) => `<Contents><Key>${each}</Key></Contents>`);
  return [200, `<IsTruncated>${keys.length > PAGE}</IsTruncated>${contents.join('')}`];
}

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request);
  response.writeHead(status).end(body);
});
let url: string;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => objects.clear());
afterAll(() => void server.close());

it('writes once, and lists more than one page', async () => {
  const store = s3Store({ fetch }, `${url}/bucket`);
  const bytes = Uint8Array.of(0, 255, 10);
  expect(await store.read('a/0')).toBeUndefined();
  conflicts = 2;
  expect(await store.add('a/0', bytes)).toBe(true);
  expect(await store.add('a/0', Uint8Array.of(1))).toBe(false);
  expect(await store.read('a/0')).toEqual(bytes);
  for (let i = 1; i < 8; i++) await store.add(`a/${i}`, bytes);
  await store.add('b', bytes);
  expect(await store.keys('a/')).toEqual(Array.from({ length: 8 }, (_, i) => `a/${i}`));
  await store.remove('a/0');
  await store.remove('a/0');
  expect(await store.keys('a/')).toHaveLength(7);
  expect(await store.keys('c')).toEqual([]);
});

it('says what is wrong', async () => {
  const store = s3Store({ fetch }, `${url}/other`);
  for (const call of [() => store.add('a', Uint8Array.of(1)), () => store.keys(''), () => store.remove('a')]) {
    await expect(call()).rejects.toThrow(/^(PUT|GET|DELETE) .*: 404 <Code>NoSuchBucket/);
  }
});

it('keeps a sweep, which ends as in memory', async () => {
  const data = Int32Array.from({ length: 120 }, (_, i) => ((i * i) % 7) % 5);
  const options: SweepOptions = {
    space: { units: int({ min: 2, max: 8 }) },
    trial: ({ units }) => ({
      layers: [tokens(5), elman({ units: Number(units) }), dense({ units: 5 })],
      fit: {
        loss: 'cross-entropy',
        batch: 4,
        truncation: { k1: 5, k2: 5 },
        optimizer: adam(),
        steps: 6,
        validateEvery: 2,
      },
    }),
    data,
    validation: data.subarray(0, 40),
    trials: 3,
    checkpointEvery: 2,
  };
  const there = await sweep({ ...options, store: s3Store({ fetch }, `${url}/bucket`) });
  const here = await sweep({ ...options, store: memoryStore() });
  expect(there.study.results).toEqual(here.study.results);
  expect(there.best?.digest).toBe(here.best?.digest);
});
