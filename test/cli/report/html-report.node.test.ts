// The page that `bptt train --report` writes.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, openPage, problemsOf } from '../../package/chromium.ts';
import { at, expectFailure, run, small, verse } from '../../support/cli-program.ts';

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

    const page = await openPage(browser);
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
    expect(text).toContain(`npx bptt train 'a '\\''wild'\\'' <b>text.txt' --cell elman --hidden 8`);
    const names = await page.locator('td').allInnerTexts();
    expect(names).toEqual(expect.arrayContaining(['elman', 'dense', '--learning-rate', '0.003']));
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
      const flags = [
        ...small,
        ...more,
        '--steps',
        '2',
        '--report',
        'short.html',
        '--out',
        'short.safetensors',
        '--overwrite',
      ];
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
    const rest = ['--steps', '4', '--report', 'clipped.html', '--out', 'clipped.safetensors', '--overwrite'];
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
