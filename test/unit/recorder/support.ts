/** A matcher and generators of their own: nothing here shares code with what it tests. */
import fc from 'fast-check';
import type { Access } from '../../../src/policy/operation.js';
import { ACCESSES } from '../../../src/policy/operation.js';
import type { Behaviour } from '../../../src/recorder/behaviour.js';
import { createBehaviour, sawExec, sawFile } from '../../../src/recorder/saw.js';

/** The path grammar as its definition says it. */
export const matches = (pattern: string, path: string): boolean => {
  if (pattern === '/') return path === '/';
  const want = pattern.slice(1).split('/');
  const have = path === '/' ? [] : path.slice(1).split('/');
  for (const [at, segment] of want.entries()) {
    const name = have[at];
    if (name === undefined) return false;
    if (segment === '**' && at === want.length - 1) return true;
    if (segment.endsWith('*') ? !name.startsWith(segment.slice(0, -1)) : segment !== name)
      return false;
  }
  return want.length === have.length;
};

export interface Granting {
  readonly path: string;
  readonly access?: readonly Access[];
}

/** Each kind of access may come from another rule. */
export const allows = (
  rules: readonly Granting[],
  path: string,
  access: readonly Access[],
): boolean =>
  access.every((kind) =>
    rules.some((rule) => rule.access?.includes(kind) === true && matches(rule.path, path)),
  );

export const executes = (rules: readonly Granting[], path: string): boolean =>
  rules.some((rule) => matches(rule.path, path));

const alnum = fc.stringMatching(/^[0-9A-Za-z]{6}$/);
const hex = fc.stringMatching(/^[0-9a-f]{16,40}$/);
const oddName = fc
  .string({ unit: fc.constantFrom('a', '*', ' ', '\n', '\udc80', '"', '#', ':', 'ß', '😀', '.x') })
  .filter((name) => name !== '' && name !== '.' && name !== '..');

const name = fc.oneof(
  fc.constantFrom(
    'data',
    'cache',
    'a',
    'libssl.so.3',
    'x.conf',
    'c',
    '29',
    'tmp',
    'redis_6379.pid',
  ),
  fc.integer({ min: 0, max: 99_999_999_999 }).map(String),
  fc.uuid(),
  hex,
  fc
    .tuple(fc.constantFrom('foo.', 'sort', 'cc', '.', ''), alnum, fc.constantFrom('', '.tmp'))
    .map((p) => p.join('')),
  fc.integer({ min: 0, max: 30 }).map((number) => `worker-${String(number)}.log`),
  fc
    .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
    .map((date) => `log-${date.toISOString().slice(0, 10)}`),
  oddName,
);

const top = fc.constantFrom(
  '/tmp',
  '/proc',
  '/proc/12/task',
  '/proc/12/fd',
  '/sys/fs/cgroup',
  '/sys/devices/system/cpu',
  '/dev/pts',
  '/var/cache/x',
  '/etc',
  '/usr/lib',
  '/home/u',
  '/srv/www',
  '/run',
  '',
);

const pathBelow = (start: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(start, fc.array(name, { minLength: 1, maxLength: 4 }))
    .map(([above, names]) => `${above}/${names.join('/')}`);

export const anyPath = pathBelow(top);
/** Where directories may be widened, so that a small bound can be kept. */
export const widenablePath = pathBelow(fc.constantFrom('/tmp', '/srv/www', '/var/cache/x'));

/** Mapping code is rarer than the rest, as in life. */
export const anyAccess = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.subarray(
      ACCESSES.filter((a) => a !== 'MapExecutable'),
      { minLength: 1 },
    ),
  },
  { weight: 1, arbitrary: fc.subarray([...ACCESSES], { minLength: 1 }) },
);

export interface Recorded {
  readonly behaviour: Behaviour;
  readonly files: readonly { readonly path: string; readonly access: readonly Access[] }[];
  readonly execs: readonly string[];
}

/** A behaviour made from events, with the events. `files`: the bound of the recording. */
export const recorded = (
  limit: number,
  events: number,
  path: fc.Arbitrary<string> = anyPath,
): fc.Arbitrary<Recorded> =>
  fc
    .record({
      files: fc.array(fc.record({ path, access: anyAccess }), { maxLength: events, size: 'max' }),
      siblings: fc.record({
        directory: path,
        names: fc.array(name, { maxLength: events, size: 'max' }),
        access: anyAccess,
        below: fc.constantFrom('', '/x', '/x/y'),
      }),
      execs: fc.array(path, { maxLength: 5 }),
      pids: fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 5 }),
    })
    .map(({ files, siblings, execs, pids }) => {
      const { directory, names, access, below } = siblings;
      const all = [
        ...files,
        ...names.map((each) => ({ path: `${directory}/${each}${below}`, access })),
      ];
      const behaviour = createBehaviour({ limits: { files: limit }, startSeen: true });
      for (const [at, program] of execs.entries()) {
        const pid = pids[at];
        sawExec(behaviour, { path: program, at, ...(pid !== undefined && { pid }) });
      }
      for (const [at, file] of all.entries()) sawFile(behaviour, { ...file, at });
      return { behaviour, files: all, execs };
    });
