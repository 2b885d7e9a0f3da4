// @ts-check
// What Stryker runs against each mutant: the tests of one room (rooms.js) in Node, those of the room's own folder first.
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import { rooms } from './rooms.js';

const room = process.env.MUTATED_ROOM ?? '';

/** The tests most likely to fail come first, since the first failure ends the run. */
class OwnRoomFirst extends BaseSequencer {
  /**
   * @override
   * @param {import('vitest/node').TestSpecification[]} files
   */
  async sort(files) {
    const place = (/** @type {string} */ path) =>
      (rooms[room] ?? []).findIndex((prefix) => path.includes(`/test/${prefix}`));
    return [...files].sort((a, b) => place(a.moduleId) - place(b.moduleId));
  }
}

/**
 * A file that fails before its first test is a failure too. Stryker asks for tests that have failed, and would take the mutant that did
 * this for a survivor; an error beside the tests it sees, as `RuntimeError`.
 */
class Uncollected {
  /** @param {import('vitest/node').Vitest} vitest */
  onInit(vitest) {
    this.vitest = vitest;
  }

  /** @param {readonly import('vitest/node').TestModule[]} modules */
  onTestRunEnd(modules) {
    for (const error of modules.flatMap((module) => module.errors())) {
      this.vitest?.state.catchError(error, 'failed before its tests');
    }
  }
}

export default defineConfig({
  test: {
    name: 'node',
    include: (rooms[room] ?? []).map((prefix) => `test/${prefix.includes('/') ? prefix : `${prefix}/`}*.ts`),
    environment: 'node',
    isolate: false, // modules and compiled kernels stay from one file of tests to the next; each mutant has a thread of its own
    reporters: [new Uncollected()],
    testTimeout: 600_000,
    sequence: { sequencer: OwnRoomFirst },
  },
});
