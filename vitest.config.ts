// The same suites in Node and in Chromium. Suites that need Node (files, processes) are called *.node.test.ts.
import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { chromiumFlags, engineOf, findEngine, installCommand } from './test/truth/engines/engines.js';

const include = ['test/**/*.test.ts'];
const testTimeout = 60_000;

const node: TestProjectInlineConfiguration = {
  // By default vitest leaves a core free, which is half of a small machine's.
  test: { name: 'node', include, testTimeout, environment: 'node', maxWorkers: availableParallelism() },
};

function chromium(executablePath: string): TestProjectInlineConfiguration {
  return {
    // Named here so that Vite does not find them in the middle of a run and load the page again.
    optimizeDeps: {
      include: [
        '@assemblyscript/loader',
        '@huggingface/tokenizers',
        'csv-parse/browser/esm/sync',
        'echarts/charts',
        'echarts/components',
        'echarts/core',
        'echarts/renderers',
        'fast-check',
        'fflate',
        'jsfive',
        'ml-matrix',
      ],
    },
    test: {
      name: 'chromium',
      include,
      exclude: ['**/*.node.test.ts'],
      testTimeout,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args: [...chromiumFlags, '--js-flags=--expose-gc'] } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  };
}

/** Both projects; without Chromium only the first, and it says so. With CI=true that is an error. */
function projects(): TestProjectInlineConfiguration[] {
  const engine = engineOf('chromium');
  const found = findEngine(engine);
  if (found) return [node, chromium(found.program)];
  const message = `Chromium is missing. Run: ${installCommand(engine)}`;
  if (process.env.CI === 'true') throw new Error(message);
  console.warn(message);
  return [node];
}

export default defineConfig({ test: { projects: projects() } });
