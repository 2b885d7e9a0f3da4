// What `bptt train` shows of a training when it is over, and the flags that the rest of the library stands behind.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { History } from '../../src/cli/report/history.ts';
import { lossChart } from '../../src/cli/report/loss-chart.ts';
import { launchChromium, problemsOf } from '../package/chromium.ts';
import { at, events, expectFailure, run, small, verse } from '../support/cli-program.ts';

const step = (step: number, loss: number) => ({
  step,
  epoch: 0,
  loss,
  gradientNorm: loss / 2,
  learningRate: 0.1,
  characters: step,
  charactersPerSecond: 100,
});

describe('the history', () => {
  it('keeps the mean of everything, however long the training is', () => {
    const history = new History();
    const n = 12_345;
    for (let i = 1; i <= n; i++) history.step(step(i, i));
    expect(history.points.length).toBeLessThanOrEqual(1000);
    expect(history.points.length).toBeGreaterThan(500);
    expect(history.points.at(-1)!.step).toBe(n);
    const size = history.points[0]!.step;
    const whole = history.points.slice(0, -1);
    expect(whole.every((point, index) => point.step === size * (index + 1))).toBe(true);
    for (const { step, loss, gradientNorm } of whole) {
      expect(loss).toBeCloseTo(step - (size - 1) / 2, 6);
      expect(gradientNorm).toBeCloseTo(loss / 2, 6);
    }
  });
});

describe('the chart', () => {
  const history = new History();
  for (let i = 1; i <= 500; i++) history.step(step(i, 1 + 3 * 0.99 ** i));
  history.validation(250, 2);
  history.validation(500, 1.5);

  it.each([40, 80, 200])('fits into %d columns', (columns) => {
    const lines = lossChart(history, columns, false).split('\n');
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(columns);
    expect(lines.join('\n')).toContain('●');
  });

  it('goes from the top left to the bottom right where the loss falls, and says between which numbers', () => {
    const lines = lossChart(history, 80, false).split('\n');
    const row = (text: string) => lines.findIndex((line) => line.includes(text));
    expect(row('3.')).toBeLessThan(row('1.0'));
    expect(lines.at(-3)).toMatch(/^\s+\d+ .* 500$/);
    const first = lines.findIndex((line) => /[┓┗━]/.test(line.slice(5, 12)));
    const last = lines.findLastIndex((line) => /[┓┗━]/.test(line.slice(-8)));
    expect(first).toBeLessThan(last);
  });

  it('is empty where there is no curve', () => {
    expect(lossChart(new History(), 80, false)).toBe('');
  });

  it('comes when it is asked for', async () => {
    const { stdout, code } = await run(
      'train',
      'verse.txt',
      ...small,
      '--steps',
      '30',
      '--chart',
      '--out',
      'chart.safetensors',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('━ training, ● validation');
    const silent = await run('train', 'verse.txt', ...small, '--steps', '30', '--out', 'chart.safetensors');
    expect(silent.stdout).not.toContain('● validation');
    expect(expectFailure(await run('train', 'verse.txt', '--chart', '--json'))).toContain(
      '--chart: expected no --json',
    );
  });
});

describe('the report', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  // What would do harm in a page that did not escape it.
  const wild = `</script><script>window.harmed = true</script><img src=x onerror="window.harmed = true"> & '${verse}'`;

  it('shows curves, samples, settings and the command, without network and without harm', async () => {
    await writeFile(at(`a 'wild' <b>text.txt`), wild);
    const flags = [
      ...small,
      '--steps',
      '40',
      '--prompt',
      '</script>',
      '--report',
      'report.html',
      '--out',
      'r.safetensors',
    ];
    const { stdout, code, stderr } = await run('train', `a 'wild' <b>text.txt`, ...flags);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('report in report.html');

    const page = await browser.newPage();
    const problems = problemsOf(page);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`file://${at('report.html')}`);
    await expect.poll(() => page.locator('canvas').count()).toBe(4);
    expect(problems).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:'))).toHaveLength(1);
    expect(await page.evaluate(() => (globalThis as { harmed?: boolean }).harmed)).toBeUndefined();
    const text = await page.locator('main').innerText();
    expect(text).toContain(`Training on a 'wild' <b>text.txt`);
    expect(text).toContain('All 40 updates');
    expect(text).toContain('--hidden');
    expect(text).toContain('</script>');
    expect(text).toContain(`npx bptt train 'a '\\''wild'\\'' <b>text.txt' --hidden 8`);
    const names = await page.locator('td').allInnerTexts();
    expect(names).toEqual(expect.arrayContaining(['elman', 'dense', '--learning-rate', '0.004']));
    // How gradients flow: each picture with what it shows, and what that means in words.
    const pictures = await page.locator('figure').count();
    expect(pictures).toBe(8);
    expect(await page.locator('figure svg[role=img]').count()).toBe(pictures);
    expect(await page.locator('figcaption').allInnerTexts()).toContainEqual(
      expect.stringContaining('exponential decay'),
    );
    expect(text).toMatch(/while the model reads the first \d+ characters/);
    expect(text).toMatch(/Gradients of layer 0 (shrink|grow) by \d\.\d\d a step/);
    expect(
      await page.locator('[role=img]').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label'))),
    ).toEqual(expect.arrayContaining([expect.stringMatching(/^Loss, nats a character .*: from \d/)]));
    // On a phone nothing is wider than the screen.
    await page.setViewportSize({ width: 390, height: 800 });
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.close();
  });

  it('says why it does not look inside where it cannot', async () => {
    await writeFile(at('short.txt'), 'abababab');
    for (const [file, more, reason] of [
      ['short.txt', ['--validation', '0', '--batch', '2'], 'expected at least 9 characters to read, got 8'],
      ['verse.txt', ['--cell', 'lstm', '--zoneout', '0.1'], 'expected no zoneout of cells of lstm'],
    ] as const) {
      const flags = [...small, ...more, '--steps', '2', '--report', 'short.html', '--out', 'short.safetensors'];
      const { code, stderr } = await run('train', file, ...flags);
      expect([code, stderr]).toEqual([0, '']);
      const html = await readFile(at('short.html'), 'utf8');
      expect(html).toContain(`Not looked at: `);
      expect(html).toContain(reason);
    }
  });

  it('has the command that gives the same bits', async () => {
    const flags = ['--cell', 'gru', ...small, '--steps', '12', '--seed', '5', '--clip', '0'];
    await run('train', 'verse.txt', ...flags, '--report', 'again.html', '--out', 'again.safetensors');
    const html = await readFile(at('again.html'), 'utf8');
    const [, command = ''] = /<pre>npx bptt ([^<]*)<\/pre>/.exec(html) ?? [];
    await run(...command.replace('again.safetensors', 'twice.safetensors').split(' '));
    expect(await readFile(at('twice.safetensors'))).toEqual(await readFile(at('again.safetensors')));
  });

  it.each<[readonly string[], string, string]>([
    [['--clip', '0'], '>Gradient norm<', 'bits in every engine.'],
    [['--clip', '1000'], '>Gradient norm; none is longer than 1000, where it is clipped<', 'bits in every engine.'],
    [
      ['--clip', '0.01', '--relaxed'],
      '>Gradient norm; longer than 0.01, the dashed line, it is clipped<',
      'bits where machine and engine are of this kind.',
    ],
  ])('says of %j what was clipped, and where the bits are the same', async (flags, norms, bits) => {
    const rest = ['--steps', '4', '--report', 'clipped.html', '--out', 'clipped.safetensors'];
    const { code, stderr } = await run('train', 'verse.txt', ...small, ...flags, ...rest);
    // Node 20 has no relaxed SIMD.
    if (flags.includes('--relaxed') && stderr.includes('relaxed')) return;
    expect([code, stderr]).toEqual([0, '']);
    const html = await readFile(at('clipped.html'), 'utf8');
    expect(html).toContain(norms);
    expect(html).toContain(bits);
    expect(html.includes('"line":')).toBe(norms.includes('dashed'));
  });

  it('is not begun where it cannot be written', async () => {
    const outcome = await run(
      'train',
      'verse.txt',
      ...small,
      '--steps',
      '5',
      '--report',
      'nowhere/report.html',
      '--out',
      'no.safetensors',
    );
    expect(expectFailure(outcome)).toContain('nowhere');
    expect(await readdir(at('.'))).not.toContain('no.safetensors');
  });
});

describe('the flags', () => {
  const train = (...flags: readonly string[]) =>
    run(
      'train',
      'verse.txt',
      ...small,
      '--steps',
      '24',
      '--json',
      '--length',
      '0',
      '--out',
      'flags.safetensors',
      ...flags,
    );
  const bytes = () => readFile(at('flags.safetensors'));

  it.each<readonly string[]>([
    ['--accumulate', '3'],
    ['--average', '0.5'],
    ['--schedule', 'one-cycle'],
    ['--schedule', 'constant'],
    ['--schedule', 'plateau', '--plateau-patience', '0', '--plateau-factor', '0.1', '--learning-rate', '1'],
    ['--workers', '1'],
  ])('%s %s make a difference', async (...flags) => {
    events(await train());
    const plain = await bytes();
    events(await train(...flags));
    expect(await bytes()).not.toEqual(plain);
  });

  it('--workers make none by their number', async () => {
    events(await train('--workers', '1', '--blocks', '2'));
    const one = await bytes();
    events(await train('--workers', '2', '--blocks', '2'));
    expect(await bytes()).toEqual(one);
  });

  it('--early-stopping stops early and keeps the best', async () => {
    const flags = ['--early-stopping', '1', '--learning-rate', '3', '--schedule', 'constant', '--validate-every', '2'];
    const all = events(await train(...flags));
    const end = all.at(-1)!;
    expect(end).toMatchObject({ type: 'end', reason: 'early-stopping' });
    const losses = all.filter(({ type }) => type === 'validation').map(({ loss }) => loss as number);
    expect(end.validationLoss).toBe(Math.min(...losses));
  });

  it.each<[readonly string[], string]>([
    [['--early-stopping', '2', '--validation', '0'], '--early-stopping: expected --validation and --validate-every'],
    [['--schedule', 'plateau', '--validate-every', '0'], '--schedule plateau: expected --validation'],
    [['--plateau-factor', '0.5'], '--plateau-factor: expected --schedule plateau with it'],
    [['--schedule', 'constant', '--final-learning-rate', '0'], '--final-learning-rate: expected another --schedule'],
    [['--blocks', '2'], '--blocks: expected --workers with it'],
    [['--workers', '3', '--blocks', '2'], 'expected at most 2'],
    [['--accumulate', '0'], '--accumulate'],
    [['--average', '1'], '--average'],
  ])('%j are refused', async (flags, message) => {
    const { stdout: _, ...outcome } = await train(...flags);
    expect(expectFailure({ ...outcome, stdout: '' })).toContain(message);
  });
});

describe('a text that is read as training goes', () => {
  const flags = ['--stream', ...small, '--steps', '40', '--json', '--checkpoint-every', '7'];

  it('trains, validates, and can be resumed to the same bits', async () => {
    const all = events(await run('train', 'verse.txt', ...flags, '--out', 'whole.safetensors'));
    const start = all[0]!;
    expect(start).toMatchObject({ characters: 1680, vocabulary: 16, steps: 40 });
    const losses = all.filter(({ type }) => type === 'validation').map(({ loss }) => loss as number);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);

    // A run that is left after 14 updates: the same schedule, as its end is another's.
    const { start: begin, finish } = await import('../support/cli-program.ts');
    const child = begin(['train', 'verse.txt', ...flags, '--out', 'left.safetensors', '--log-every', '1']);
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      if (/"type":"checkpoint","step":14/.test(text)) child.kill('SIGKILL');
    });
    await finish(child);
    const rest = await run('train', '--resume', '--out', 'left.safetensors', '--json');
    expect(rest.code).toBe(0);
    expect(await readFile(at('left.safetensors'))).toEqual(await readFile(at('whole.safetensors')));
  });

  it('needs to be told how many updates to make', async () => {
    const outcome = await run('train', 'verse.txt', '--stream');
    expect(expectFailure(outcome)).toContain('--steps: expected it for a text that is read as training goes');
  });

  it('is the embedded one when no file is given', async () => {
    const [start] = events(
      await run('train', ...flags.slice(0, -2), '--steps', '2', '--validation', '0', '--out', 'e.safetensors'),
    );
    expect(start!.characters).toBeGreaterThan(250_000);
  });

  it('is as wrong as one in memory', async () => {
    await writeFile(at('binary'), Uint8Array.of(104, 255, 254));
    expect(expectFailure(await run('train', 'binary', '--stream', '--steps', '1'))).toContain('UTF-8');
    expect(expectFailure(await run('train', 'nothing.txt', '--stream', '--steps', '1'))).toContain('nothing.txt');
  });
});
