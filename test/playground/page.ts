// The playground, built and opened in a browser: every task and every control, and the numbers shown are those of the API. Each browser has a
// file of its own, so that two are tested at a time.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createModel, deserialize, evaluate, train } from 'bptt';
import {
  eigenvalues,
  gradientByLag,
  hiddenStates,
  jacobians,
  recurrentWeights,
  singularValues,
} from 'bptt/diagnostics';
import type { Browser, Page } from 'puppeteer-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatCount, formatNumber } from '../../playground/app/strings.ts';
import { lessonFolders, pagesOf, readExperiments } from '../../playground/lessons/experiments.ts';
import { type Language, languages, parseConfig } from '../../playground/settings/config.ts';
import { defaultsOf } from '../../playground/settings/defaults.ts';
import { type Field, type RunSettings, runFields, taskFields } from '../../playground/settings/fields.ts';
import { describe as describeModel, trainOptions } from '../../playground/settings/network.ts';
import { createTask } from '../../playground/tasks/index.ts';
import type { Outcome } from '../../playground/tasks/task.ts';
import { launch } from '../../playground/tools/browser.js';
import type { Settings as UnrolledSettings } from '../../playground/unrolled/settings.ts';
import { unroll } from '../../playground/unrolled/unroll.ts';
import { type StaticServer, serve } from '../package/server.ts';
import { PATIENCE } from '../support/patience.ts';
import { engineOf, findEngine, installCommand } from '../truth/engines/engines.js';

/** Bytes, gzipped, of all that is loaded before anything is done. */
const FIRST_LOAD = 250_000;
const SMALL = 'task=adding&length=8&batch=4&hidden=4';

let folder: string;
let server: StaticServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bptt-playground-'));
  const root = join(import.meta.dirname, '../../playground');
  await build({ root, logLevel: 'warn', build: { outDir: folder, emptyOutDir: true } });
  server = await serve(folder);
});

afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true });
});

/** What the API gives after some updates with the settings of a network. */
async function expectedOf(task: ReturnType<typeof createTask>, run: RunSettings, steps: number) {
  const model = await createModel(describeModel(task, run), { seed: 1 });
  if (steps > 0) for await (const _ of train(model, { ...trainOptions(task, run, 1), steps }));
  const { targets: _, mask: __, carry: ___, ...input } = task.probe;
  const jacobian = (await jacobians(model, input)).steps.at(-1)!;
  const { real, imaginary } = eigenvalues(jacobian);
  const stretches = singularValues(jacobian);
  const norms = await gradientByLag(model, task.probe, { loss: task.loss });
  const number = (value: number) => formatNumber('en', value);
  const range = (values: ArrayLike<number>) => {
    const single = Array.from(values, Math.fround);
    return `values from ${number(Math.min(...single))} to ${number(Math.max(...single))}.`;
  };
  return {
    model,
    outcome: outcomeTexts(task.outcome(model)),
    hidden: range((await hiddenStates(model, input)).data),
    weights: Object.values(recurrentWeights(model)).map(({ data }) => range(data)),
    parameters: formatCount('en', model.parameterCount),
    loss: formatNumber('en', evaluate(model, [task.test], { loss: task.loss }).loss, 4),
    radius: formatNumber('en', Math.max(...real.map((re, index) => Math.hypot(re, imaginary[index]!)))),
    most: formatNumber('en', stretches[0]!),
    least: formatNumber('en', stretches.at(-1)!),
    first: formatNumber('en', norms[0]!),
    last: formatNumber('en', norms.at(-1)!),
  };
}

/** What is shown of an outcome: texts that must all be in the view. */
function outcomeTexts(outcome: Outcome): readonly string[] {
  switch (outcome.kind) {
    case 'text':
      return [outcome.prompt + outcome.text];
    case 'answers':
      return [
        `${formatCount('en', 100 * outcome.right)} % of 64 test sequences right`,
        ...outcome.rows.map(({ sequence, expected, answer, right }) => {
          return `${sequence}${expected}${answer} ${right ? '✓right' : '✗wrong'}`;
        }),
      ];
    case 'curve':
      // The last row of the table.
      return [
        [outcome.truth.length - 1, outcome.truth.at(-1)!, outcome.prediction.at(-1)!]
          .map((value) => formatNumber('en', value))
          .join(''),
      ];
  }
}

/** All tests of the page in one browser. */
export function testPage(id: 'chromium' | 'firefox'): void {
  const engine = engineOf(id);
  const there = findEngine(engine) !== undefined;
  if (!there && process.env.CI !== 'true') console.warn(`${engine.name} is missing. Run: ${installCommand(engine)}`);

  describe.skipIf(!there && process.env.CI !== 'true')(`the playground in ${engine.name}`, () => {
    let browser: Browser;
    let page: Page;
    const problems: string[] = [];
    const foreign: string[] = [];

    beforeAll(async () => {
      browser = await launch(id);
      page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      // The page asks whoever leaves it with a network that has learned: not where a test opens another.
      await page.evaluateOnNewDocument(() =>
        addEventListener('beforeunload', (event) => {
          if ('leaving' in globalThis) event.stopImmediatePropagation();
        }),
      );
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text());
      });
      page.on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(`${server.address}/`) && !/^(data|blob|about):/.test(url)) foreign.push(url);
      });
    });

    afterAll(async () => {
      await browser?.close();
      expect(problems).toEqual([]);
      expect(foreign).toEqual([]);
    });

    const text = (selector: string) => page.$eval(selector, (element) => element.textContent!);
    const poll = (read: () => Promise<unknown>) => expect.poll(read, { interval: 20 });
    const hash = () => page.evaluate(() => decodeURIComponent(location.hash.slice(1)));
    const isReady = () => page.$eval('#run', (button) => !(button as HTMLButtonElement).disabled);

    /** To another document; nothing is asked on the way. */
    async function leave(): Promise<void> {
      await page.evaluate(() => Object.assign(globalThis, { leaving: true }));
      await page.goto('about:blank');
    }

    async function open(link: string, width = 1280): Promise<void> {
      await page.setViewport({ width, height: 900 });
      // Another document, not another part of the same.
      await leave();
      await page.goto(`${server.address}/#${link}`);
      await page.waitForSelector('#run:not(:disabled)');
      // That is so when one network is ready; what is seen of the other may come later.
      const losses = link.includes('compare=on') ? ['#test-loss', '#b-test-loss'] : ['#test-loss'];
      for (const loss of losses) {
        await page.waitForSelector(loss);
        await poll(() => text(loss)).toMatch(/\d|∞/);
      }
    }

    /** The page shows a change with its next frame: until then it looks, and answers, as before. */
    const drawn = () =>
      page.evaluate(
        () => new Promise<void>((resolve) => setTimeout(() => requestAnimationFrame(() => setTimeout(resolve)))),
      );

    async function choose(selector: string, value: string): Promise<void> {
      await page.waitForSelector(selector);
      await page.select(selector, value);
      await drawn();
      await poll(isReady).toBe(true);
    }

    async function type(selector: string, value: string): Promise<void> {
      await page.waitForSelector(selector);
      await page.focus(selector);
      await page.$eval(selector, (input) => (input as HTMLInputElement).select());
      await page.keyboard.type(value);
      await page.keyboard.press('Enter');
      await drawn();
    }

    /**
     * Writes into a field, or chooses, and waits until the network is looked at anew: all by one question to the page. Where that does not
     * come, what is there is told.
     */
    async function change(selector: string, value: string) {
      await page.waitForSelector(selector);
      return page.evaluate(
        async (selector, value, patience) => {
          const pause = () => new Promise<void>((resolve) => setTimeout(resolve));
          const text = (id: string) => document.querySelector(id)?.textContent ?? '';
          const field = document.querySelector<HTMLInputElement | HTMLSelectElement>(selector)!;
          const before = field.value;
          field.value = value;
          field.dispatchEvent(new Event('input', { bubbles: true }));
          await pause(); // until it has taken what was written
          field.dispatchEvent(new Event('change', { bubbles: true }));
          await pause();
          await new Promise(requestAnimationFrame);
          const ready = () => !document.querySelector<HTMLButtonElement>('#run')!.disabled;
          const until = performance.now() + patience;
          do await pause();
          while (!(ready() && /\d/.test(text('#test-loss'))) && performance.now() < until);
          return {
            before,
            ready: ready(),
            hash: decodeURIComponent(location.hash.slice(1)),
            alerts: text('.alerts'),
            loss: text('#test-loss'),
            error: text(`${selector}-error`),
            invalid: document.querySelector(selector)?.getAttribute('aria-invalid'),
          };
        },
        selector,
        value,
        PATIENCE / 2, // a single question may take three minutes
      );
    }

    it('loads less than 250 KB gzipped, and nothing after that', async () => {
      const before = server.requests.length;
      await open('lang=en');
      await poll(
        async () => server.requests.slice(before).filter((path) => /\/f64-/.test(path)).length,
      ).toBeGreaterThan(0);
      const loaded = new Set(server.requests.slice(before).map((path) => (path === '/' ? '/index.html' : path)));
      let size = 0;
      for (const path of loaded) size += gzipSync(await readFile(join(folder, path))).length;
      expect(loaded.size).toBeGreaterThanOrEqual(5);
      expect(size).toBeLessThanOrEqual(FIRST_LOAD);
      await page.click('#compare');
      await poll(() => text('#b-parameters')).toMatch(/^[\d,]+$/);
      await page.click('#step');
      await poll(() => text('#b-updates')).toBe('1');
      expect([...new Set(server.requests.slice(before))].filter((path) => !loaded.has(path) && path !== '/')).toEqual(
        [],
      );
    });

    it.each(taskFields.task.values)('shows the numbers of the API for %s', async (name) => {
      const link = `task=${name}&length=12&batch=3&hidden=6&dropout=0&compare=on&b.cell=elman&b.hidden=5`;
      if (name === 'text') await open(`lang=en&${link}`);
      else await page.evaluate((next) => location.replace(`#lang=en&${next}`), link);
      const defaults = defaultsOf(name);
      const task = createTask({ ...defaults.task, length: 12, batch: 3 }, '');
      const a: RunSettings = { ...defaults.run, hidden: 6, dropout: 0 };
      await poll(() => text('#b-updates')).toBe('0');
      for (const step of ['1', '2', '3']) {
        await page.click('#step');
        await poll(() => text('#updates')).toBe(step);
        await poll(() => text('#b-updates')).toBe(step);
      }
      const expected = await expectedOf(task, a, 3);
      expect(await text('#parameters')).toBe(expected.parameters);
      expect(await text('#test-loss')).toBe(expected.loss);
      const [spectrum] = await page.$$eval('#view-spectrum .summary', (all) =>
        all.map((element) => element.textContent!),
      );
      const size = a.cell === 'lstm' ? 12 : 6;
      expect(spectrum).toBe(
        `LSTM: One step stretches a gradient at most by ${expected.most} and at least by ${expected.least}. Eigenvalues: ${size}; the largest has the magnitude ${expected.radius}.`,
      );
      const gradient = await text('#view-gradient .summary');
      expect(gradient).toContain(
        `LSTM: From ${expected.first} at k = 0 to ${expected.last} at k = ${task.probe.steps - 1}`,
      );
      const second = await expectedOf(task, { ...a, cell: 'elman', hidden: 5 }, 3);
      expect(await text('#b-test-loss')).toBe(second.loss);
      for (const summary of await page.$$('#view-outcome summary')) await summary.click();
      const rows = '#view-outcome .scroll tbody tr';
      if (name === 'sine' || name === 'csv') await poll(() => page.$$eval(rows, (all) => all.length)).toBe(32);
      for (const [place, { outcome, hidden, weights }] of [expected, second].entries()) {
        const shown = await page.$$eval('#view-outcome .pair > div', (all, at) => all[at]!.textContent!, place);
        for (const part of outcome) expect(shown).toContain(part);
        const states = await page.$$eval('#view-hidden .heat-map', (all) => all.map((map) => map.ariaLabel!));
        expect(states).toHaveLength(2);
        expect(states[place]).toContain(hidden);
        const pictures = await page.$$eval('#view-weights .heat-map', (all) => all.map((map) => map.ariaLabel!));
        const own = pictures.filter((label) => label.startsWith(place === 0 ? 'LSTM: ' : 'tanh: '));
        expect(own).toHaveLength(weights.length);
        for (const [gate, range] of weights.entries()) expect(own[gate]).toContain(range);
      }
    });

    it('unrolls a network: played forward and back, its weight dragged, its losses switched, cut by k2', async () => {
      await leave();
      await page.setViewport({ width: 1280, height: 720 });
      await page.goto(`${server.address}/unrolled.html#lang=en&steps=5&w=0.8`);
      await page.waitForSelector('#dh-1');
      const number = (value: number, digits?: number) => formatNumber('en', value, digits);
      const slide = (id: string, value: number) =>
        page.$eval(
          id,
          (input, to) => {
            (input as HTMLInputElement).value = String(to);
            input.dispatchEvent(new Event('input', { bubbles: true }));
          },
          value,
        );
      const shown = async (settings: Partial<UnrolledSettings>) => {
        const all = { units: 1, steps: 5, w: 0.8, k2: 8, forget: 1, losses: [5], ...settings };
        const numbers = await unroll(all);
        await poll(() => text('#dW')).toBe(number(numbers.sums.W, 4));
        expect(await text('#dU')).toBe(number(numbers.sums.U, 4));
        expect(await text('#total')).toContain(`= ${number(numbers.loss, 4)}`);
        for (const [t, [h]] of numbers.h.entries()) {
          expect(await text(`#h-${t + 1}`)).toBe(number(h!));
          expect(await text(`#loss-${t + 1}`)).toContain(number(numbers.losses[t]!));
          const reached = t >= 5 - all.k2;
          expect((await page.$(`#dh-${t + 1}`)) !== null, `${t}`).toBe(reached);
          if (!reached) continue;
          expect(await text(`#dh-${t + 1}`)).toContain(` ${number(numbers.dh[t]![0]!)}`);
          expect(await text(`#dW-${t + 1}`)).toBe(number(numbers.terms.W[t]!));
          if (t > 5 - all.k2 && t > 0) {
            expect(await text(`#factor-${t + 1}`)).toContain(number(numbers.jacobians[t]![0]!));
          }
        }
      };
      await shown({});
      await slide('#w', -1.3);
      await shown({ w: -1.3 });
      await page.click('#loss-2');
      await shown({ w: -1.3, losses: [2, 5] });
      await slide('#k2', 2);
      await shown({ w: -1.3, losses: [2, 5], k2: 2 });
      // What is not yet played is not there.
      await slide('#at', 3);
      await poll(() => page.$$eval('[id^=dh-], [id^=dW-]', (all) => all.length)).toBe(0);
      expect(await text('#h-3')).toMatch(/\d/);
      expect(await text('#h-4')).toBe('…');
      expect(await page.evaluate(() => location.hash)).toBe('#lang=en&units=1&steps=5&w=-1.3&k2=2&forget=1&losses=2,5');
    });

    it('takes every task, and every choice and number of every field, of both networks, and tells the wrong ones', async () => {
      await open(`lang=en&${SMALL}`);
      for (const task of taskFields.task.values) {
        expect((await change('#task', task)).hash).toContain(`task=${task}`);
      }
      const { task: _, temperature: __, ...sequence } = taskFields;
      for (const [prefix, key, fields] of [
        ['#', '', { ...sequence, ...runFields }],
        ['#b-', 'b.', runFields],
      ] as const) {
        await open(`lang=en&${SMALL}&bptt=truncated&compare=on`);
        for (const [name, field] of Object.entries<Field>(fields)) {
          const selector = prefix + name;
          // Some fields are there only beside others.
          if (name === 'activation') await change(`${prefix}cell`, 'elman');
          if (name === 'forget') await change(`${prefix}cell`, 'lstm');
          if (name === 'gain') await change(`${prefix}init`, 'identity');
          if (name === 'k1') await change(`${prefix}bptt`, 'truncated');
          if (name === 'limit') await change(`${prefix}clip`, 'value');
          const taken = { ready: true, alerts: '', loss: expect.stringMatching(/\d/) };
          if ('values' in field) {
            // What the first network takes, the second takes too.
            for (const value of key === '' ? field.values : field.values.slice(-1)) {
              const after = await change(selector, value);
              expect(after, `${selector} ${value}`).toMatchObject(taken);
              const { config } = parseConfig(after.hash);
              expect((key === '' ? config.a : config.b)?.[name as keyof RunSettings], name).toBe(value);
            }
          } else {
            const wrong = await change(selector, 'much');
            expect(wrong.error, name).toMatch(/^Expected a .*number/);
            expect(wrong.invalid, name).toBe('true');
            const value = field.whole ? String(Math.min(5, field.limits.max!)) : '0.5';
            const other = value === wrong.before ? '2' : value;
            const after = await change(selector, other);
            expect(after, `${selector} ${other}`).toMatchObject({ ...taken, error: '', invalid: 'false' });
            expect(`&${after.hash}&`).toContain(`&${key}${name}=${other}&`);
          }
        }
      }
    });

    it('trains, pauses, makes one update, and begins again, by keys too', async () => {
      await open(`lang=en&${SMALL}`);
      await page.focus('#run');
      await page.keyboard.press('Enter');
      await poll(() => text('#status')).toBe('Training.');
      await poll(async () => Number((await text('#updates')).replaceAll(',', ''))).toBeGreaterThan(50);
      expect(await page.$eval('#step', (button) => (button as HTMLButtonElement).disabled)).toBe(true);
      await page.keyboard.press(' ');
      await poll(() => text('#status')).toMatch(/^Paused after [\d,]+ updates?\.$/);
      await poll(async () => (await text('#status')).includes(await text('#updates'))).toBe(true);
      await page.click('#restart');
      await poll(() => text('#updates')).toBe('0');
      await poll(() => text('#status')).toMatch(/^Learning begins anew\. .* [\d,]+ updates, is put aside/);
      await page.click('#step');
      await poll(() => text('#updates')).toBe('1');
      await poll(() => text('#status')).toBe('Paused after 1 update.');
    });

    it('loses nothing without a word: what was learned is put aside, and comes back', async () => {
      await open(`lang=en&${SMALL}`);
      expect(await page.$('#restore')).toBe(null);
      for (const updates of ['1', '2']) {
        await page.click('#step');
        await poll(() => text('#updates')).toBe(updates);
      }
      const [loss, link] = [await text('#test-loss'), await hash()];
      await choose('#cell', 'gru');
      await poll(() => text('#updates')).toBe('0');
      expect(await text('#status')).toContain('in 2 updates, is put aside');
      await page.click('#restore');
      await poll(() => text('#updates')).toBe('2');
      expect(await hash()).toBe(link);
      expect(await text('#test-loss')).toBe(loss);
      await page.click('#step');
      await poll(() => text('#updates')).toBe('3');
      const run = { ...defaultsOf('adding').run, hidden: 4 };
      const task = createTask({ ...defaultsOf('adding').task, length: 8, batch: 4 }, '');
      expect(await text('#test-loss')).toBe((await expectedOf(task, run, 3)).loss);
      // And whoever leaves is asked.
      expect(await page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })))).toBe(true);
    });

    it('goes on with another learning rate and clipping while it learns; the rest waits for a pause', async () => {
      await open(`lang=en&${SMALL}`);
      await page.click('#step');
      await poll(() => text('#updates')).toBe('1');
      await type('#rate', '0.5');
      await poll(() => text('#status')).toMatch(/^Learning goes on with that after 1 update\./);
      await page.click('#step');
      await poll(() => text('#updates')).toBe('2');
      const run = { ...defaultsOf('adding').run, hidden: 4 };
      const task = createTask({ ...defaultsOf('adding').task, length: 8, batch: 4 }, '');
      const model = await createModel(describeModel(task, run), { seed: 1 });
      let resume: Uint8Array | undefined;
      for await (const event of train(model, { ...trainOptions(task, run, 1), steps: 1, checkpoint: { every: 1 } })) {
        if (event.type === 'checkpoint') resume = event.bytes;
      }
      const other = trainOptions(task, { ...run, rate: 0.5 }, 1);
      for await (const _ of train(model, { ...other, steps: 2, resume: resume! }));
      expect(await text('#test-loss')).toBe(
        formatNumber('en', evaluate(model, [task.test], { loss: task.loss }).loss, 4),
      );
      await page.click('#run');
      await poll(() => text('#status')).toBe('Training.');
      const disabled = () => page.$$eval('.settings :disabled', (all) => all.map((one) => one.id));
      await poll(async () => (await disabled()).length).toBeGreaterThan(10);
      for (const live of ['rate', 'clip', 'limit']) expect(await disabled()).not.toContain(live);
      await choose('#clip', 'off');
      await poll(hash).toContain('clip=off');
      await poll(() => text('#status')).toMatch(/^Learning goes on with that/);
      await page.click('#run');
      await poll(async () => (await disabled()).length).toBe(0);
      expect(Number((await text('#updates')).replaceAll(',', ''))).toBeGreaterThan(2);
    });

    it('lets two networks learn side by side: each look is after the same sequences', async () => {
      await open('lang=en&task=copy&length=4&batch=4&hidden=4&compare=on&b.bptt=truncated&b.k1=5&b.k2=5&b.hidden=32');
      const read = async () => [
        await text('#batches'),
        await text('#updates'),
        await text('#b-batches'),
        await text('#b-updates'),
      ];
      await page.click('#step');
      // 12 steps are two updates of 5 and one for the rest.
      await poll(read).toEqual(['1', '1', '1', '3']);
      await page.click('#run');
      await poll(() => text('#status')).toBe('Training.');
      await poll(async () => Number((await text('#b-updates')).replaceAll(',', ''))).toBeGreaterThan(30);
      await page.click('#run');
      await poll(() => text('#status')).toMatch(/^Paused/);
      await poll(async () => {
        const [a, , b] = await read();
        return a === b;
      }).toBe(true);
      expect(await page.$$eval('.network .name', (all) => all.map((name) => name.textContent))).toEqual([
        'full BPTT, Hidden units 4'.split(', ').reverse().join(', '),
        'Hidden units 32, k2 = 5',
      ]);
    });

    it('trains both networks, though one may be ready before the other', async () => {
      for (const [slow, fast] of [
        ['hidden=64&b.hidden=1', '#b-updates'],
        ['hidden=1&b.hidden=64', '#updates'],
      ] as const) {
        await open(`lang=en&task=adding&length=8&batch=4&compare=on&${slow}`);
        await page.click('#run');
        await poll(() => text(fast)).toMatch(/[1-9]/);
        for (const id of ['#updates', '#b-updates']) await poll(() => text(id)).toMatch(/[1-9]/);
      }
    });

    it('saves the network that it has, and loads it again', async () => {
      await open(`lang=en&${SMALL}&seed=5`);
      await page.click('#step');
      await poll(() => text('#updates')).toBe('1');
      const loss = await text('#test-loss');
      await page.evaluate(() => {
        const make = URL.createObjectURL;
        URL.createObjectURL = (blob) => {
          Object.assign(globalThis, { saved: blob });
          return make.call(URL, blob as Blob);
        };
        HTMLAnchorElement.prototype.click = () => {};
      });
      await page.click('#save');
      await poll(() => text('#status')).toBe('The model is saved.');
      const bytes = Uint8Array.from(
        await page.evaluate(async () => [
          ...new Uint8Array(await (globalThis as unknown as { saved: Blob }).saved.arrayBuffer()),
        ]),
      );
      const { model } = await deserialize(bytes);
      const run = { ...defaultsOf('adding').run, hidden: 4 };
      const task = createTask({ ...defaultsOf('adding').task, length: 8, batch: 4, seed: 5 }, '');
      const own = await createModel(describeModel(task, run), { seed: 5 });
      for await (const _ of train(own, { ...trainOptions(task, run, 5), steps: 1 }));
      expect(model.parameters()).toEqual(own.parameters());

      const load = (content: number[]) =>
        page.$eval(
          '#load',
          (input, numbers) => {
            const files = new DataTransfer();
            files.items.add(new File([Uint8Array.from(numbers)], 'model.safetensors'));
            (input as HTMLInputElement).files = files.files;
            input.dispatchEvent(new Event('change', { bubbles: true }));
          },
          content,
        );
      await choose('#task', 'copy');
      await load([1, 2, 3]);
      await poll(() => text('#status')).toMatch(/^This file cannot be loaded: expected is/);
      await load([...bytes]);
      await poll(() => text('#status')).toBe('The model is loaded: train it further.');
      await poll(() => text('#test-loss')).toBe(loss);
      expect(await hash()).toBe('lang=en&task=adding&length=8&batch=4&seed=5&hidden=4');
      await page.click('#step');
      await poll(() => text('#updates')).toBe('1');
    });

    it('learns from a text of one’s own, and says what is wrong with it', async () => {
      await open('lang=en&task=text&hidden=4&length=5&batch=2');
      const fill = async (own: string) => {
        await page.focus('#data');
        await page.$eval('#data', (input) => (input as HTMLTextAreaElement).select());
        await page.keyboard.type(own);
        await page.focus('#task');
      };
      await fill('a');
      await poll(() => text('.alerts')).toMatch(
        /^Network cannot be trained: your text has 1 character, .* needs at least 15/,
      );
      await fill('abab cdcd '.repeat(6));
      await poll(isReady).toBe(true);
      await poll(() => text('.alerts')).toBe('');
      expect(await hash()).toContain('data=abab+cdcd');
      await page.click('#step');
      await poll(() => text('#updates')).toBe('1');
    });

    it('learns from a series of one’s own, pasted or from a file', async () => {
      await open('lang=en&task=csv&hidden=4&length=5&batch=2');
      const own = `day,sold\n${Array.from({ length: 40 }, (_, day) => `${day},${(day * 7) % 10}`).join('\n')}`;
      const put = async (content: string) => {
        await page.$eval(
          '#data-file',
          (input, csv) => {
            const files = new DataTransfer();
            files.items.add(new File([csv], 'own.csv'));
            (input as HTMLInputElement).files = files.files;
            input.dispatchEvent(new Event('change', { bubbles: true }));
          },
          content,
        );
      };
      await put('day,sold\n1,many\n');
      await poll(() => text('.alerts')).toBe(
        'Network cannot be trained: line 2 of your data is “1,many”. Expected is a number in its last column, and as many columns as in the first line.',
      );
      await put(own);
      await poll(isReady).toBe(true);
      await poll(() => text('.alerts')).toBe('');
      expect(await page.$eval('#data', (area) => (area as HTMLTextAreaElement).value)).toBe(own);
      const csv = createTask({ ...defaultsOf('csv').task, length: 5, batch: 2 }, own);
      const run = { ...defaultsOf('csv').run, hidden: 4 };
      const expected = await expectedOf(csv, run, 0);
      await poll(() => text('#test-loss')).toBe(expected.loss);
      // The same again, pasted.
      await open('lang=en&task=csv&hidden=4&length=5&batch=2');
      await page.$eval(
        '#data',
        (area, content) => {
          (area as HTMLTextAreaElement).value = content;
          area.dispatchEvent(new Event('input', { bubbles: true }));
        },
        own,
      );
      await page.focus('#data');
      await page.keyboard.type(' ');
      await page.focus('#task');
      await poll(hash).toContain('data=day,sold');
      await poll(() => text('#test-loss')).toBe(expected.loss);
    });

    it('explains itself in both languages: every fold, and a number written as people there do', async () => {
      for (const language of languages) {
        await open(`lang=${language}&${SMALL}&bptt=truncated&compare=on&b.cell=gru`);
        const folds = await page.$$('details summary');
        expect(folds.length).toBeGreaterThan(15);
        // Some come anew while they are opened: found again each time.
        for (let i = 0; i < folds.length; i++) {
          await page.evaluate((at) => document.querySelectorAll<HTMLElement>('details summary')[at]!.click(), i);
        }
        // Some are filled when a network has been looked at.
        const empty = () =>
          page.$$eval('details', (all) =>
            all
              .filter((fold) => {
                const cells = [...fold.querySelectorAll('dd, td, p')];
                return cells.length === 0 || cells.some((cell) => cell.textContent === '');
              })
              .map((fold) => fold.querySelector('summary')!.textContent!),
          );
        await poll(empty).toEqual([]);
        const help = await page.$$eval('.help dd', (all) => all.map((one) => one.textContent!).join(' '));
        expect(/[а-я]{3}/i.test(help)).toBe(language === 'ru');
      }
      await type('#rate', '0,25');
      await poll(hash).toContain('rate=0.25');
      expect(await page.$eval('#rate', (input) => (input as HTMLInputElement).value)).toBe('0,25');
      await poll(() => text('#view-outcome')).toMatch(/\d,\d\d \+ \d,\d\d/);
    });

    it('can be reached by keys alone, and led to what matters', async () => {
      await open(`lang=en&${SMALL}&bptt=truncated&compare=on`);
      const wanted = await page.$$eval('a[href], button:not(:disabled), input, select, textarea, summary', (all) =>
        all
          .filter((one) => one.checkVisibility())
          .map((one, index) => {
            one.setAttribute('data-reach', String(index));
            return one.id || one.textContent!;
          }),
      );
      expect(wanted.length).toBeGreaterThan(60);
      const reached = new Set<string>();
      await page.focus('body');
      for (let presses = 0; presses < wanted.length + 20; presses++) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => document.activeElement?.getAttribute('data-reach'));
        if (at) reached.add(at);
      }
      expect(wanted.filter((_, index) => !reached.has(String(index)))).toEqual([]);
      await page.focus('.skip');
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => document.activeElement!.id)).toBe('run');
      // In one column the settings are far below.
      await open(`lang=en&${SMALL}`, 390);
      await page.click('#to-settings');
      expect(await page.evaluate(() => document.activeElement!.id)).toBe('task');
      const top = () => page.$eval('.settings', (form) => Math.abs(form.getBoundingClientRect().top));
      await poll(top).toBeLessThan(200);
    });

    // The pages of a language are the same in both browsers.
    const both: readonly Language[] = id === 'firefox' ? ['ru'] : languages;
    it.each(both)('is led to by the lessons in %s, each page and each experiment', async (language) => {
      await open(`lang=${language}&${SMALL}`);
      const follow = (selector: string) => Promise.all([page.waitForNavigation(), page.click(selector)]);
      await follow('header p a');
      await poll(() => page.evaluate(() => location.pathname)).toBe(`/${lessonFolders[language]}/index.html`);
      await follow('ol a');
      for (let lesson = 1; lesson <= 6; lesson++) {
        await poll(() => text('.number-of')).toContain(`${lesson} `);
        expect(await page.evaluate(() => document.documentElement.lang)).toBe(language);
        if (lesson < 6) await follow('[rel=next]');
      }
      // One experiment a lesson is opened from its page, the others by their links.
      const opened = new Set<number>();
      for (const { lesson, page: path, name, link, text: passage } of readExperiments(language)) {
        if (opened.has(lesson)) {
          await page.evaluate((next) => location.replace(`#${next}`), link);
        } else {
          await page.goto(`${server.address}/${path}`);
          await follow(`.open[href$="#${link}"]`);
          opened.add(lesson);
        }
        await page.waitForSelector('.lesson h2');
        await poll(() => text('.lesson h2')).toBe(name);
        expect(await text('.lesson')).toContain(passage);
        expect(await text('.alerts')).toBe('');
        expect(await page.$eval('.lesson a', (back) => (back as HTMLAnchorElement).href)).toBe(
          `${server.address}/${path}`,
        );
        expect(await text('.lesson a')).toMatch(new RegExp(`${lesson}$`));
      }
      // What is another network needs another text, or none.
      await type('#seed', '7');
      await poll(() => page.$('.lesson')).toBe(null);
    });

    it('speaks Russian, keeps the language in the link, and follows links', async () => {
      await open(`lang=en&${SMALL}`);
      await page.click('.languages [lang=ru]');
      await poll(() => text('#run')).toContain('Обучать');
      await poll(() => page.evaluate(() => document.documentElement.lang)).toBe('ru');
      await poll(hash).toMatch(/^lang=ru&/);
      const links = await page.$$eval('.presets a', (all) => all.map((link) => link.getAttribute('href')!));
      expect(links.length).toBeGreaterThanOrEqual(5);
      for (const link of links) {
        await page.click(`.presets a[href="${link}"]`);
        await poll(() => page.evaluate(() => location.hash)).toBe(link);
        const current = () => page.$eval('.presets [aria-current]', (preset) => preset.getAttribute('href'));
        await poll(current).toBe(link);
        await poll(isReady).toBe(true);
      }
      await page.click('#copy');
      await poll(() => text('#status')).toMatch(/^(Ссылка скопирована|Ссылка — в адресной строке)\.$/);
    });

    it('tells what a link has that it does not understand, and what happens when gradients explode', async () => {
      await open(`lang=en&${SMALL}&rate=fast&colour=red`);
      expect(await text('.alerts')).toBe(
        'The link says rate = “fast”, but expected was a number from 0 to 10; taken is 0.01.The link names “colour”, which this page does not know.',
      );
      await open('lang=en&task=adding&length=50&cell=elman&activation=identity&gain=1.2&optimizer=sgd&rate=1&clip=off');
      await page.click('#run');
      await poll(() => text('.alerts')).toMatch(/^Network stopped at update \d+: its numbers became infinite\./);
      // The last update that was made can be seen.
      const stopped = Number(/update (\d+)/.exec(await text('.alerts'))![1]);
      expect(await text('#updates')).toBe(String(stopped - 1));
      expect(await text('#test-loss')).toMatch(/\d|∞/);
      // What can no longer be seen stays, with the update that it is of.
      const seen = await page.$$eval('.seen', (all) =>
        all.map((one) => [one.textContent!, one.classList.contains('last')] as const),
      );
      expect(seen.length).toBeGreaterThanOrEqual(5);
      for (const [words, last] of seen) {
        expect(words).toMatch(last ? /^The last look that could be had: after \d+ update/ : /^After \d+ updates?\.$/);
      }
      // One update at a time: each is shown, whatever its numbers are, until there is none.
      await page.click('#restart');
      await poll(() => text('#updates')).toBe('0');
      for (let step = 1; step < stopped; step++) {
        await page.click('#step');
        await poll(() => text('#updates')).toBe(String(step));
        expect(await text('.alerts')).toBe('');
      }
      await page.click('#step');
      await poll(() => text('.alerts')).toContain(`update ${stopped}:`);
      expect(await isReady()).toBe(false);
    });

    it('can be used by everyone: no violations of axe, in both languages, layouts and themes, on the lessons too', async () => {
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      const check = async (what: string) => {
        // Once a document: the tasks of the playground are all in one.
        if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
        const violations = await page.evaluate(async () => {
          const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
          return (await axe.run({ resultTypes: ['violations'] })).violations.map(
            ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`,
          );
        });
        expect(violations, what).toEqual([]);
        const ids = await page.$$eval('[id]', (all) => all.map((one) => one.id));
        expect(ids.length, what).toBe(new Set(ids).size);
        const wide = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
        expect(await page.evaluate(wide), what).toBe(0);
      };
      const scheme = async (value: 'light' | 'dark') => {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
        expect(await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(value === 'dark');
      };
      const playground = async (language: string, width: number) => {
        await open(`lang=${language}&${SMALL}&compare=on&b.cell=gru&wrong=1`, width);
        for (const fold of ['#view-hidden summary', '#view-hidden .data summary', '.settings .help summary'])
          await page.click(fold);
        await check(`${language} ${width}`);
      };
      const lessons = async (language: Language, width: number) => {
        await page.setViewport({ width, height: 900 });
        for (const name of pagesOf(language)) {
          await page.goto(`${server.address}/${lessonFolders[language]}/${name}`);
          await check(`${lessonFolders[language]}/${name} ${width}`);
        }
      };
      const unrolled = async (language: string, width: number) => {
        await leave();
        await page.setViewport({ width, height: 720 });
        await page.goto(`${server.address}/unrolled.html#lang=${language}&units=2`);
        await page.waitForSelector('#dh-1');
        await check(`unrolled ${language} ${width}`);
      };
      await unrolled('en', 1280);
      await unrolled('ru', 390);
      await playground('en', 1280);
      await playground('ru', 390);
      await playground('en', 320);
      await open(`lang=en&${SMALL}`);
      for (const name of taskFields.task.values) {
        const link = `lang=en&task=${name}&length=8&batch=4&hidden=4`;
        await page.evaluate((next) => location.replace(`#${next}`), link);
        await drawn();
        await poll(() => text('#test-loss')).toMatch(/\d/);
        await check(name);
      }
      await open(readExperiments('ru')[0]!.link, 390);
      await check('with what a lesson says');
      await lessons('ru', 320);
      // The colours are the same in both browsers, and Firefox cannot be asked for dark ones in this way.
      if (id === 'firefox') return;
      await scheme('dark');
      await playground('ru', 1280);
      await unrolled('en', 390);
      await lessons('en', 320);
      await scheme('light');
    });
  });
}
