// @ts-check
// Frames a second that the page draws while it trains: `node playground/tools/measure.js [LINK ...]`. Without links: an LSTM of 128 units on
// text, alone and two of them side by side. A display of 60 frames a second draws at most 60; the exit code is 1 when one network
// leaves less than 50.
import { openLink, withPlayground } from './browser.js';

const SECONDS = 8;
/** Frames a second. */
const LEAST = 50;
const links = process.argv.slice(2);
if (links.length === 0) links.push('lang=en&task=text&hidden=128', 'lang=en&task=text&hidden=128&compare=on');

await withPlayground(async (browser, address) => {
  for (const link of links) {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    await openLink(page, address, link);
    await page.click('#run');
    // The first second is for what is compiled at first.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { frames, longest } = await page.evaluate(async (seconds) => {
      const start = performance.now();
      let [frames, longest, last] = [0, 0, start];
      for (let now = start; now - start < 1000 * seconds; frames++) {
        now = await new Promise(requestAnimationFrame);
        longest = Math.max(longest, now - last);
        last = now;
      }
      return { frames, longest };
    }, SECONDS);
    const updates = await page.$eval('#updates', ({ textContent }) => textContent);
    const speed = await page.$eval('#speed', ({ textContent }) => textContent);
    const figures = `${(frames / SECONDS).toFixed(1)} frames/s, the longest ${longest.toFixed(0)} ms`;
    console.log(`${link}: ${figures}; ${updates} updates, ${speed} steps/s`);
    if (frames / SECONDS < LEAST && !link.includes('compare=on')) process.exitCode = 1;
    await page.close();
  }
});
