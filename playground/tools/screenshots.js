// @ts-check
// Takes the screenshots in playground/screenshots: `node playground/tools/screenshots.js`.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openLink, withPlayground } from './browser.js';

const folder = fileURLToPath(new URL('../screenshots', import.meta.url));

/** @type {readonly { name: string, link: string, updates: number, width: number, height: number, dark?: boolean, from?: string }[]} */
const shots = [
  {
    name: 'tanh-against-lstm',
    link: 'lang=en&task=adding&length=50&compare=on&b.cell=elman',
    updates: 700,
    width: 1280,
    height: 1520,
  },
  { name: 'next-character', link: 'lang=en&task=text', updates: 1500, width: 1280, height: 900 },
  {
    name: 'phone',
    link: 'lang=ru&task=sine&cell=gru',
    updates: 800,
    width: 390,
    height: 844,
    dark: true,
    from: '#outcome',
  },
];

await mkdir(folder, { recursive: true });
await withPlayground(async (browser, address) => {
  for (const { name, link, updates, width, height, dark = false, from = 'body' } of shots) {
    const page = await browser.newPage();
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
    await openLink(page, address, link);
    await page.click('#run');
    // As many updates as it takes to have learned something, however fast the machine is.
    const count = () => page.$eval('#updates', ({ textContent }) => Number((textContent ?? '').replaceAll(/\D/g, '')));
    while ((await count()) < updates) await new Promise((resolve) => setTimeout(resolve, 200));
    await page.click('#run');
    await page.waitForFunction(() => document.querySelector('#step:not(:disabled)'));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await page.$eval(from, (element) => element.scrollIntoView());
    await page.screenshot({ path: `${folder}/${name}.png` });
    console.log(`${name}.png: ${await count()} updates`);
    await page.close();
  }

  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 740 });
  await page.goto(new URL('unrolled.html', address).href, { waitUntil: 'networkidle0' });
  await page.waitForSelector('#play');
  await page.screenshot({ path: `${folder}/unrolled.png` });
});
