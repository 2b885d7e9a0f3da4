// The same suites in Node and in Chromium. Suites that need Node (files, processes) are called *.node.test.ts, those that need a page
// (a microphone) *.page.test.ts.
import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { PATIENCE } from './test/support/patience.ts';
import { chromiumFlags, engineOf, findEngine, installCommand } from './test/truth/engines/engines.js';

/** A microphone that beeps, to which nobody need agree, and sound without a user. */
const microphoneFlags = [
  ...['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
  '--autoplay-policy=no-user-gesture-required',
];

const common = {
  include: ['test/**/*.test.ts'],
  setupFiles: ['test/support/same-draws.ts'],
  testTimeout: 2 * PATIENCE,
  hookTimeout: 2 * PATIENCE,
  expect: { poll: { timeout: PATIENCE } },
};

const node: TestProjectInlineConfiguration = {
  // By default vitest leaves a core free, which is half of a small machine's.
  test: {
    ...common,
    name: 'node',
    exclude: ['**/*.page.test.ts'],
    environment: 'node',
    maxWorkers: availableParallelism(),
  },
};

function chromium(executablePath: string): TestProjectInlineConfiguration {
  return {
    // Named here so that Vite does not find them in the middle of a run and load the page again.
    optimizeDeps: {
      include: [
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
      ...common,
      name: 'chromium',
      exclude: ['**/*.node.test.ts'],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: {
            executablePath,
            args: [...chromiumFlags, ...microphoneFlags, '--js-flags=--expose-gc'],
            timeout: PATIENCE,
          },
        }),
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

// Vitest reads how long it waits for a browser here, not in the project.
export default defineConfig({ test: { projects: projects(), browser: { connectTimeout: PATIENCE } } });
