// @ts-check
// The built page in a browser without a screen, for scripts that look at it.
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { build, preview } from 'vite';
import { chromiumFlags, engineOf, findEngine, installCommand } from '../../test/truth/engines/engines.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Starts Chromium or Firefox, driven over WebDriver BiDi. It must be closed.
 *
 * @param {'chromium' | 'firefox'} id
 */
export async function launch(id) {
  const engine = engineOf(id);
  const found = findEngine(engine);
  if (found === undefined) throw new Error(`${engine.name} is missing. Run: ${installCommand(engine)}`);
  return puppeteer.launch({
    browser: id === 'firefox' ? 'firefox' : 'chrome',
    executablePath: found.program,
    protocol: 'webDriverBiDi',
    args: id === 'chromium' ? chromiumFlags : [],
    timeout: 300_000,
  });
}

/**
 * Builds the page, serves it, opens Chromium, and closes everything after `use`.
 *
 * @param {(browser: import('puppeteer-core').Browser, address: string) => Promise<void>} use
 */
export async function withPlayground(use) {
  await build({ root, logLevel: 'warn' });
  const server = await preview({ root, preview: { port: 0 }, logLevel: 'warn' });
  const browser = await launch('chromium');
  try {
    await use(browser, /** @type {string} */ (server.resolvedUrls?.local[0]));
  } finally {
    await browser.close();
    await server.close();
  }
}

/**
 * Opens the page with a link and waits until it can be trained.
 *
 * @param {import('puppeteer-core').Page} page
 * @param {string} address
 * @param {string} link
 */
export async function openLink(page, address, link) {
  await page.goto(`${address}#${link}`);
  await page.waitForSelector('#run:not(:disabled)', { timeout: 30_000 });
}
