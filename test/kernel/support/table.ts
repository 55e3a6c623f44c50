/** Runs cases (cases.ts) each in a recording of its own and compares everything that was recorded. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import type { Behaviour } from '../../../src/recorder/behaviour.js';
import { sourceOf, Workshop } from './cases.js';
import { skip } from './needs.js';
import { everything, recordCommand, relativeTo } from './recorded.js';

export interface RecordingCase {
  /** C; runs in a fresh directory. */
  readonly body: string;
  /** C; runs in that directory before, unrecorded. */
  readonly prepare?: string;
  /** What the program finds in `extra`. */
  readonly arguments?: (room: string) => readonly string[];
  /** Beside the program's own exec: paths are relative to the directory. */
  readonly expected: Expected | ((room: string, program: string) => Expected);
  /** For what no table says. */
  readonly also?: (behaviour: Behaviour, room: string, program: string) => void;
  readonly skip?: string | false;
}

export interface Expected {
  readonly execs?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly sockets?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly notes?: readonly string[];
}

const sorted = (files: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Sorts what the recording sorts; the program's own exec is added. */
const normal = (expected: Expected, program: string, room: string): Record<string, unknown> => ({
  ...expected,
  execs: [...(expected.execs ?? []), relativeTo(room, program)].sort(),
  ...(expected.files === undefined ? {} : { files: sorted(expected.files) }),
  ...(expected.sockets === undefined ? {} : { sockets: [...expected.sockets].sort() }),
});

export const recordingTable = (cases: Readonly<Record<string, RecordingCase>>): void => {
  if (skip !== false) {
    for (const name of Object.keys(cases)) test(name, { skip });
    return;
  }
  let workshop: Workshop;
  let program: string;
  before(() => {
    workshop = new Workshop();
    const bodies = Object.entries(cases).flatMap(([name, { body, prepare }]) => [
      [name, body] as const,
      ...(prepare === undefined ? [] : [[`before ${name}`, prepare] as const]),
    ]);
    program = workshop.compile('cases', sourceOf(Object.fromEntries(bodies)));
  });
  after(() => {
    workshop.remove();
  });
  for (const [name, one] of Object.entries(cases))
    test(name, { skip: one.skip ?? false }, async () => {
      const room = workshop.room();
      const args = one.arguments?.(room) ?? [];
      if (one.prepare !== undefined) execFileSync(program, [room, `before ${name}`, ...args]);
      const { behaviour, exit, leftBehind } = await recordCommand(program, [room, name, ...args]);
      assert.deepEqual(exit, { code: 0, signal: null }, 'the program did what it is for');
      assert.equal(leftBehind, 0);
      assert.equal(behaviour.startSeen, true);
      const expected =
        typeof one.expected === 'function' ? one.expected(room, program) : one.expected;
      assert.deepEqual(everything(behaviour, room), normal(expected, program, room));
      one.also?.(behaviour, room, program);
    });
};
