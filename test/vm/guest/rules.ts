/** The rules in the kernel against the reference: generated patterns, generated paths. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TracingSession } from '../../../src/bpf/session.js';
import { decide } from '../../../src/policy/automaton/evaluate.js';
import type { Rules } from '../../../src/api/objects.js';
import type { Case } from './cases.js';
import { note } from './cases.js';
import { ACT, compiled, Container, EACCES, freshPolicy } from './world.js';
import { errnoOf, hasErrno } from '../../../src/errors.js';

const ROOT = '/tmp/generated';

/** The generator of Marsaglia's xorshift: the same on every kernel, so that a failure can be repeated. */
const random = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
};

/** Lengths about the borders of words, prefixes of each other, and bytes beyond ASCII. */
const NAMES = [
  ...['a', 'ab', 'abc', 'abd', 'abcdefg', 'abcdefgh', 'abcdefghi', 'b', 'etc', 'log-1', 'log-22'],
  ...[15, 16, 17, 23, 24, 25, 63, 64, 128, 200, 255].map((length) => 'x'.repeat(length)),
  ...['straße', 'naïve-naïve-naïve', '名前', `${'y'.repeat(31)}1`, `${'y'.repeat(31)}2`],
];

const pick = <Value>(next: (below: number) => number, values: readonly Value[]): Value => {
  const value = values[next(values.length)];
  assert.ok(value !== undefined);
  return value;
};

const patternFrom = (next: (below: number) => number, prefixes: readonly string[]): string => {
  const segments = Array.from({ length: 1 + next(3) }, () => {
    const kind = next(10);
    if (kind === 0) return '*';
    return kind < 4 ? `${pick(next, prefixes)}*` : pick(next, NAMES);
  });
  return [ROOT, ...segments, ...(next(4) === 0 ? ['**'] : [])].join('/');
};

const pathFrom = (next: (below: number) => number): string =>
  [ROOT, ...Array.from({ length: 1 + next(4) }, () => pick(next, NAMES))].join('/');

/** Directories and files at once: what is a directory is opened as one. */
const make = (path: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, '', { flag: 'a' });
  } catch (error) {
    if (!hasErrno(error, 'EISDIR')) throw error;
  }
};

const compare = (
  session: TracingSession,
  here: Container,
  policy: number,
  seed: number,
): number => {
  const next = random(seed);
  // At one state no more than four lengths of prefixes are possible.
  const prefixes = ['a', 'ab', 'x'.repeat(16), 'stra'].slice(0, 1 + next(4));
  const rule = () => ({ path: patternFrom(next, prefixes) });
  const rules: Rules = {
    exec: { allow: [{ path: ACT }] },
    files: {
      allow: [
        { path: '/tmp/paths', access: ['Read'] },
        ...Array.from({ length: 1 + next(30) }, () => ({ ...rule(), access: ['Read' as const] })),
      ],
      deny: Array.from({ length: next(6) }, rule),
    },
  };
  const automaton = compiled(rules);
  session.setPolicy(policy, { enforce: automaton }, seed);
  rmSync(ROOT, { recursive: true, force: true });
  const paths = new Set<string>();
  for (let tries = 0; paths.size < 60 && tries < 400; tries += 1) {
    const path = pathFrom(next);
    try {
      make(path);
      paths.add(path);
    } catch (error) {
      // Below something that is a file, or too long for one path: another one.
      if (errnoOf(error) === undefined) throw error;
    }
  }
  const list = [...paths];
  writeFileSync('/tmp/paths', list.map((path) => `${path}\n`).join(''));
  const errnos = here.run(ACT, 'open-all', '/tmp/paths').output.trim().split('\n').map(Number);
  const refused = new Map(here.refusals().map((event) => [event.path.walked, event]));
  assert.equal(errnos.length, list.length);
  for (const [index, path] of list.entries()) {
    const decision = decide(automaton, { kind: 'File', object: { path }, access: ['Read'] });
    const allowed = decision.verdict.kind === 'Allow';
    const context = `seed ${String(seed)}: ${path}\n${JSON.stringify(rules)}`;
    assert.equal(errnos[index], allowed ? 0 : EACCES, context);
    const event = refused.get(path);
    assert.equal(event !== undefined, !allowed, context);
    if (event !== undefined)
      assert.deepEqual(automaton.decisions[event.rule - 1]?.verdict, decision.verdict, context);
  }
  return list.length;
};

export const ruleCases = (session: TracingSession): readonly Case[] => [
  {
    name: 'on generated rules and paths the kernel decides as the reference does, by the same rule',
    run: () => {
      const policy = freshPolicy();
      session.setPolicy(policy, {}, 0);
      const here = new Container(session, policy);
      let paths = 0;
      for (let seed = 1; seed <= 12; seed += 1) paths += compare(session, here, policy, seed);
      note(`${String(paths)} paths under 12 policies`);
    },
  },
];
