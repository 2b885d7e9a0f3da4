// @ts-check
// Takes the screenshots in playground/screenshots: `node playground/screenshots.js`.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openLink, withPlayground } from './tools/browser.js';

const folder = fileURLToPath(new URL('screenshots', import.meta.url));

/** @type {readonly { name: string, link: string, seconds: number, width: number, height: number, dark?: boolean }[]} */
const shots = [
  {
    name: 'tanh-against-lstm',
    link: 'lang=en&task=adding&length=50&compare=on&b.cell=elman',
    seconds: 20,
    width: 1280,
    height: 1180,
  },
  { name: 'next-character', link: 'lang=en&task=text', seconds: 40, width: 1280, height: 900 },
  { name: 'phone', link: 'lang=ru&task=sine&cell=gru', seconds: 10, width: 390, height: 844, dark: true },
];

await mkdir(folder, { recursive: true });
await withPlayground(async (browser, address) => {
  for (const { name, link, seconds, width, height, dark = false } of shots) {
    const page = await browser.newPage();
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
    await openLink(page, address, link);
    await page.click('#run');
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    await page.screenshot({ path: `${folder}/${name}.png` });
    console.log(`${name}.png: ${await page.$eval('#updates', ({ textContent }) => textContent)} updates`);
    await page.close();
  }
});
