// The site: one folder, under any address, small at first, nothing from elsewhere, for everyone.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorCodes } from '../../docs/api.js';
import { BpttError } from '../../src/base/errors.ts';
import { launchChromium, openPage, problemsOf } from './chromium.ts';
import { type StaticServer, serve } from './server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const site = join(root, 'build/site');
/** Bytes, gzipped: what the start page loads. */
const LIMIT = 100_000;

let folder: string;
let server: StaticServer;
let browser: Browser;
/** Where the site is: not at the root of the server, as nobody has said where it will be. */
let address: string;

beforeAll(async () => {
  const child = spawn(process.execPath, ['docs/build.js'], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (text) => {
    complaints += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code, complaints).toBe(0);
  folder = await mkdtemp(join(tmpdir(), 'bptt-site-'));
  await cp(site, join(folder, 'some/where'), { recursive: true });
  server = await serve(folder);
  address = `${server.address}/some/where`;
  browser = await launchChromium();
}, 600_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens a page of the site, and waits until it answers. */
async function open(path: string, page: Page): Promise<void> {
  await page.goto(`${address}/${path}`, { waitUntil: 'networkidle' });
}

it('loads at most 100 KB at first, all of it from its own folder', async () => {
  const page = await openPage(browser);
  const problems = problemsOf(page);
  const bodies: Promise<Buffer>[] = [];
  const addresses: string[] = [];
  page.on('response', (response) => {
    addresses.push(response.url());
    bodies.push(response.body());
  });
  await open('', page);
  const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThanOrEqual(LIMIT);
  expect(addresses.filter((each) => !each.startsWith(address))).toEqual([]);
  expect(problems).toEqual([]);
  await page.close();
});

it('has no link that leads nowhere', () => {
  const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.html') && !name.startsWith('playground'),
  );
  expect(pages.length).toBeGreaterThan(40);
  const dead = pages.flatMap((name) =>
    [...readFileSync(join(site, name), 'utf8').matchAll(/<a [^>]*href="([^"#?]+)[^"]*"/g)]
      .map(([, path]) => path!)
      .filter((path) => !/^\w+:/.test(path))
      .filter((path) => {
        const file = join(site, dirname(name), path);
        return !existsSync(path.endsWith('/') ? join(file, 'index.html') : file);
      })
      .map((path) => `${name}: ${path}`),
  );
  expect(dead).toEqual([]);
});

it('tells of every code of an error what it means and what to do', async () => {
  const html = await readFile(join(site, 'api/errors.html'), 'utf8');
  const codes = errorCodes();
  expect(codes.map(({ code }) => new BpttError(code as never, '').code)).toContain('foreign-state');
  expect(codes).toHaveLength(readFileSync(join(root, 'src/base/errors.ts'), 'utf8').match(/^ {2}\| '/gm)!.length);
  for (const { code, about } of codes) {
    expect(html).toContain(`<code>${code}</code>`);
    expect(about.split(/(?<=\.) /).length, `${code}: what to do`).toBeGreaterThan(1);
  }
});

describe('within three clicks or a search from the first page', () => {
  const ways = [
    ['why gradients vanish', ['Find why gradients vanish'], 'gradientByLag'],
    ['LSTM and tanh', ['Compare LSTM and tanh fairly'], 'LSTM'],
    ['a forecast of one’s own CSV', ['Train on your own CSV'], 'readCsv'],
    ['what PyTorch’s detach is', ['Move from PyTorch or Keras'], 'detach'],
  ] as const;
  it.each(ways)('%s', async (_, clicks, found) => {
    const page = await openPage(browser);
    const problems = problemsOf(page);
    await open('', page);
    for (const text of clicks) await page.getByText(text).first().click();
    await page.getByText(found).first().waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  it('the default of an option, by search', async () => {
    const page = await openPage(browser);
    const problems = problemsOf(page);
    await open('', page);
    await page.keyboard.press('/');
    await page.locator('.VPLocalSearchBox input').fill('forgetBias');
    await page.locator('.VPLocalSearchBox .result', { hasText: 'LstmOptions' }).click();
    await page.getByText('Added to the initial biases of the forget gate. Default 1').first().waitFor();
    expect(page.url()).toContain('/some/where/api/bptt.html#');
    expect(problems).toEqual([]);
    await page.close();
  });
});

describe('can be used by everyone: no violations of axe', () => {
  const pages = [
    '',
    'ru/',
    'guides/train-on-text.html',
    'guides/coming-from.html',
    'api/',
    'api/errors.html',
    'api/series.html',
  ];
  // Both themes and both sizes, not each with each: what differs by theme does not differ by size.
  const looks = [
    { viewport: { width: 1280, height: 720 }, colorScheme: 'light' },
    { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  ] as const;
  it.each(looks)('$viewport.width pixels, $colorScheme', async (look) => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const page = await openPage(browser, look);
    const violations: string[] = [];
    for (const path of pages) {
      await open(path, page);
      await page.evaluate(axe);
      const found = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
        return (await axe.run()).violations.map(({ id, nodes }) => `${id} of ${nodes[0]!.target}`);
      });
      violations.push(...found.map((each) => `${path}: ${each}`));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      if (wide) violations.push(`${path}: wider than the screen`);
    }
    expect(violations).toEqual([]);
    await page.close();
  });
});
