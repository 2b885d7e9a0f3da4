// The browser example, built by Vite and used by a person in Chromium: it learns, it stays responsive, it says what is wrong.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium, openPage, problemsOf } from '../package/chromium.ts';
import { type StaticServer, serve } from '../package/server.ts';

const verse = 'Up helm, up helm! The whale, the whale!\n'.repeat(20);

let folder: string;
let server: StaticServer;
let browser: Browser;
let page: Page;
let problems: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bptt-example-'));
  const root = join(import.meta.dirname, '../../examples/browser');
  await build({ root, logLevel: 'warn', build: { outDir: folder, emptyOutDir: true } });
  server = await serve(folder);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true });
});

async function open(): Promise<void> {
  page = await openPage(browser, { viewport: { width: 360, height: 740 } });
  problems = problemsOf(page);
  await page.goto(server.address);
}

async function close(): Promise<void> {
  await page.close();
  expect(problems).toEqual([]);
}

const button = () => page.locator('#toggle');
const samples = () => page.locator('#samples article');

/** Fills in a network that learns fast. */
async function fillIn(text = verse): Promise<void> {
  await page.fill('#text', text);
  for (const [label, value] of Object.entries({ 'Hidden units': '32', k1: '10', k2: '15', Rows: '4' })) {
    await page.getByLabel(label, { exact: true }).fill(value);
  }
}

async function stop(): Promise<void> {
  await button().press('Enter');
  await expect.poll(() => button().textContent()).toBe('Start training');
}

describe('the browser example', () => {
  beforeEach(open);
  afterEach(close);

  it('offers the first chapters of Moby-Dick', async () => {
    await expect.poll(() => page.inputValue('#text')).toContain('Call me Ishmael.');
    expect(await page.textContent('#text-hint')).toMatch(/^\d\d\d,\d\d\d characters, \d\d different$/);
  });

  it('learns in a worker: the loss falls, samples come, and the page goes on drawing and listening', async () => {
    await fillIn();
    // What the page sees: the losses reported, and how many frames it has drawn since the first.
    await page.evaluate(() => {
      const seen = { losses: [] as number[], frames: 0 };
      const draw = () => {
        if (seen.losses.length > 0) seen.frames++;
        requestAnimationFrame(draw);
      };
      requestAnimationFrame(draw);
      const loss = document.getElementById('nats')!;
      const report = () => loss.textContent !== '–' && seen.losses.push(Number(loss.textContent));
      new MutationObserver(report).observe(loss, { childList: true });
      Object.assign(globalThis, { seen });
    });
    const seen = () =>
      page.evaluate(() => (globalThis as unknown as { seen: { losses: number[]; frames: number } }).seen);

    await button().press('Enter');
    // After 25, 50, 100, 200, 400 and 800 updates.
    await expect.poll(() => samples().count()).toBeGreaterThanOrEqual(6);
    await expect.poll(async () => (await seen()).losses.length).toBeGreaterThanOrEqual(8);
    await expect.poll(async () => (await seen()).frames).toBeGreaterThanOrEqual(8);
    expect(page.workers()).toHaveLength(1);
    expect(await button().textContent()).toBe('Stop training');
    expect(await page.isDisabled('#hidden')).toBe(true);
    expect(await page.textContent('#status')).toMatch(/^Training [\d,]+ parameters\.$/);

    await stop();
    const { losses } = await seen();
    expect(losses[0]).toBeGreaterThan(2); // about ln 16 before the first update
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(Number(await page.textContent('#bits'))).toBeCloseTo(losses.at(-1)! / Math.LN2, 2);
    expect(await page.textContent('#speed')).toMatch(/^[\d,]+$/);
    expect(await page.getAttribute('#chart', 'aria-label')).toMatch(/^Loss curve: from \d\.\d\d to \d\.\d\d nats/);
    expect(await samples().first().locator('h3').textContent()).toMatch(/^after [\d,]+ updates$/);
    const written = (await samples().first().locator('p').textContent())!;
    expect(written).toHaveLength(241);
    expect(written).toContain('the whale');
    expect(await page.textContent('#status')).toMatch(/^Stopped after [\d,]+ updates\.$/);
  });

  it('writes the same with the same seed and something else with another', async () => {
    const firstSample = async (seed: string) => {
      await page.getByLabel('Seed').fill(seed);
      // However many follow before somebody looks.
      const first = page.evaluate(
        () =>
          new Promise<readonly (string | null)[]>((resolve) => {
            const observer = new MutationObserver((records) => {
              const article = records.flatMap(({ addedNodes }) => [...addedNodes])[0] as Element | undefined;
              if (article === undefined) return;
              observer.disconnect();
              resolve([...article.children].map(({ textContent }) => textContent));
            });
            observer.observe(document.getElementById('samples')!, { childList: true });
          }),
      );
      await button().press('Enter');
      const [heading, written] = await first;
      await stop();
      expect(heading).toBe('after 25 updates');
      return written;
    };
    await fillIn();
    const written = await firstSample('1');
    expect(await firstSample('1')).toBe(written);
    expect(await firstSample('0')).not.toBe(written);
  });

  it('shows what the library refuses, and can be used again', async () => {
    await fillIn();
    // Half an emoji, which cannot be typed but can be pasted by a careless script.
    await page.evaluate(() => {
      (document.getElementById('text') as HTMLTextAreaElement).value += '\ud83d';
    });
    await button().press('Enter');
    await expect
      .poll(() => page.textContent('#failure'))
      .toMatch(/^characters\(text\): expected well-formed Unicode, got half a surrogate pair \(U\+D83D\) at position/);
    expect(await page.isEnabled('#text')).toBe(true);
    await page.fill('#text', verse);
    await button().press('Enter');
    await expect.poll(() => samples().count()).toBeGreaterThan(0);
    expect(await page.textContent('#failure')).toBe('');
    await stop();
  });

  it('fits a screen of 360 pixels', async () => {
    await fillIn(`${verse}${'w'.repeat(300)}`);
    await button().press('Enter');
    await expect.poll(() => samples().count()).toBeGreaterThan(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    expect(await page.isVisible('#toggle')).toBe(true);
    await stop();
  });
});

describe('wrong settings of the browser example', () => {
  beforeAll(async () => {
    await open();
    await fillIn();
  });
  afterAll(close);

  it.each([
    ['Hidden units', '', 'Expected a whole number from 1 to 1024, got nothing.'],
    ['Learning rate', 'fast', 'Expected a number from 0.000001 to 1, got “fast”.'],
    ['k1', '2.5', 'Expected a whole number from 1 to 1000, got “2.5”.'],
    ['k2', '0', 'Expected a whole number from 1 to 1000, got “0”.'],
    ['Rows', '65', 'Expected a whole number from 1 to 64, got “65”.'],
    ['Seed', '-1', 'Expected a whole number, 0 or more, got “-1”.'],
    ['Text to learn from', 'too short', 'Expected at least 65 characters, got 9.'],
    [
      'Text to learn from',
      'a'.repeat(100),
      'Expected at least two different characters: there is nothing to learn in one.',
    ],
  ])('says what is wrong with %s %j beside it, and starts when it is mended', async (label, value, message) => {
    const field = page.getByLabel(label, { exact: true });
    const right = await field.inputValue();
    await field.fill(value);
    await button().press('Enter');
    const id = await field.getAttribute('id');
    expect(await page.textContent(`#${id}-error`)).toBe(message);
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await field.getAttribute('aria-describedby')).toContain(`${id}-error`);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe(id);
    expect(await button().textContent()).toBe('Start training');

    await field.fill(right);
    await button().press('Enter');
    expect(await field.getAttribute('aria-invalid')).toBeNull();
    expect(await page.isVisible(`#${id}-error`)).toBe(false);
    await expect.poll(() => button().textContent()).toBe('Stop training');
    await stop();
  });
});
