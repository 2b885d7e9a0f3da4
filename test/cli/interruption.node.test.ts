// A second signal, by a clock that the test turns.
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { type Interruptible, interruptionOf } from '../../src/cli/io/interruption.ts';

/** A process that hears signals, and a clock. */
function create() {
  const exits: number[] = [];
  const program: EventEmitter & Interruptible = Object.assign(new EventEmitter(), {
    exit: (code: number) => exits.push(code),
  });
  const clock = { now: 7000 };
  return { program, clock, exits, interruption: interruptionOf(program, () => clock.now) };
}

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s aborts, and the exit code is %i', (signal, code) => {
  const { program, interruption, exits } = create();
  expect(interruption.aborted).toBe(false);
  program.emit(signal);
  expect([interruption.aborted, program.exitCode, exits]).toEqual([true, code, []]);
});

test('two signals at the same moment, as npm causes them, are one', () => {
  const { program, clock, exits } = create();
  for (const moment of [0, 5, 500]) {
    clock.now = 7000 + moment;
    program.emit('SIGINT');
  }
  expect(exits).toEqual([]);
});

test('a later one ends the process at once', () => {
  const { program, clock, exits } = create();
  program.emit('SIGINT');
  clock.now += 501;
  program.emit('SIGTERM');
  expect(exits).toEqual([143]);
});
