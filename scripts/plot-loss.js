// @ts-check
// Draws the loss curve of `bptt train --json` as the README shows it:
//
//   node build/cli.js train TEXT --json > run.jsonl
//   node scripts/plot-loss.js run.jsonl docs/loss-curve.png [TITLE]
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright';
import { chromiumFlags, engineOf, findEngine, installCommand } from '../test/truth/engines/engines.js';

const [log, out, title = 'bptt train'] = process.argv.slice(2);
if (log === undefined || out === undefined) {
  console.error('usage: node scripts/plot-loss.js run.jsonl OUT.png [TITLE]');
  process.exit(1);
}
const events = readFileSync(log, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line) => JSON.parse(line));

// One point is the mean over a stretch of updates: single windows differ by a few per cent.
const steps = events.filter(({ type }) => type === 'step');
const STRETCH = Math.max(1, Math.round(steps.length / 400));
/** @type {Map<number, { training?: number, validation?: number }>} */
const points = new Map();
for (let i = 0; i + STRETCH <= steps.length; i += STRETCH) {
  const stretch = steps.slice(i, i + STRETCH);
  const training = stretch.reduce((sum, { loss }) => sum + loss, 0) / STRETCH;
  points.set(stretch[STRETCH - 1].step, { training });
}
for (const { type, step, loss } of events) {
  if (type === 'validation') points.set(step, { ...points.get(step), validation: loss });
}
const sorted = [...points].sort(([a], [b]) => a - b);
const data = [
  sorted.map(([step]) => step),
  sorted.map(([, { training }]) => training ?? null),
  sorted.map(([, { validation }]) => validation ?? null),
];

const engine = engineOf('chromium');
const found = findEngine(engine);
if (!found) throw new Error(`Chromium is missing. Run: ${installCommand(engine)}`);
const require = createRequire(import.meta.url);
const uplot = require.resolve('uplot/dist/uPlot.iife.min.js');
const style = require.resolve('uplot/dist/uPlot.min.css');

const browser = await chromium.launch({ executablePath: found.program, args: chromiumFlags });
try {
  const page = await browser.newPage({ viewport: { width: 900, height: 440 }, deviceScaleFactor: 2 });
  await page.setContent(
    '<body style="margin:12px;background:#fff;font-family:sans-serif"><div id="chart"></div></body>',
  );
  await page.addStyleTag({ path: style });
  await page.addScriptTag({ path: uplot });
  await page.evaluate(
    ({ data, title }) => {
      const { uPlot } = /** @type {any} */ (globalThis);
      new uPlot(
        {
          title,
          width: 870,
          height: 360,
          legend: { live: false },
          scales: { x: { time: false } },
          axes: [{ label: 'updates' }, { label: 'nats per character' }],
          series: [
            { label: 'updates' },
            { label: 'training', stroke: '#8aa4c8', width: 1.5, spanGaps: true, points: { show: false } },
            { label: 'validation', stroke: '#c2410c', width: 2.5, spanGaps: true, points: { size: 6 } },
          ],
        },
        data,
        document.querySelector('#chart'),
      );
    },
    { data, title },
  );
  await page.screenshot({ path: out });
} finally {
  await browser.close();
}
