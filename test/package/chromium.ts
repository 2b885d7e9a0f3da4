// A Chromium for tests that look at pages from outside, and what went wrong in them.
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { PATIENCE } from '../support/patience.ts';
import { chromiumFlags, engineOf, findEngine, installCommand } from '../truth/engines/engines.js';

/** Starts Chromium without a screen. It must be closed. */
export async function launchChromium(): Promise<Browser> {
  const engine = engineOf('chromium');
  const found = findEngine(engine);
  if (found === undefined) throw new Error(`Chromium is missing. Run: ${installCommand(engine)}`);
  return chromium.launch({ executablePath: found.program, args: chromiumFlags, timeout: PATIENCE });
}

/** A new page, which has the patience of the tests. */
export async function openPage(browser: Browser, options?: BrowserContextOptions): Promise<Page> {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(PATIENCE);
  return page;
}

/** Exceptions, failed requests and errors on the console, from now on; those on the console that match `expected` are none. */
export function problemsOf(page: Page, expected = /^$/): readonly string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (!response.ok()) problems.push(`${response.url()}: ${response.status()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text())) problems.push(message.text());
  });
  return problems;
}
