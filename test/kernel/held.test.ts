/** What was recorded holds: the same program under its own profile is refused nothing. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadAddon } from '../../src/bpf/addon.js';
import { sourceOf, Workshop } from './support/cases.js';
import { pinfold } from './support/cli.js';
import { skip } from './support/needs.js';

/** Ids of loaded programs that are called like ours. */
const ours = (): readonly number[] =>
  loadAddon()
    .programs()
    .filter((loaded) => loaded.name.startsWith('pf_'))
    .map(({ id }) => id);

const GONE_MS = 10_000;

/** The kernel frees a program that was detached only after a grace period. */
const gone = async (before: readonly number[]): Promise<void> => {
  const deadline = Date.now() + GONE_MS;
  for (;;) {
    const left = ours().filter((id) => !before.includes(id));
    if (left.length === 0) return;
    if (Date.now() > deadline) assert.fail(`programs are left: ${left.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

interface HeldCase {
  readonly body: string;
  /** Runs before each of the two, not under Pinfold. */
  readonly prepare?: string;
  /** What must stand in its rules; `ROOM` is the directory. */
  readonly holds?: readonly RegExp[];
  readonly lacks?: readonly RegExp[];
}

const UNNAMED = 'opened(open(".", O_TMPFILE | O_RDWR, 0600))';

const CASES: Readonly<Record<string, HeldCase>> = {
  'O_TMPFILE that stays without a name': {
    body: `int file = ${UNNAMED}; MUST(write(file, "x", 1) == 1); MUST(!ftruncate(file, 0));`,
    holds: [/path: ROOM\/#\*, access: \[Read, Write\]/],
    lacks: [/path: ROOM,/, /#\d/, /path: ROOM\/\*/],
  },
  'O_TMPFILE that gets a name by /proc': {
    body: `char name[64]; int file = ${UNNAMED};
      snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
      MUST(!linkat(AT_FDCWD, name, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));`,
    holds: [/path: ROOM\/#\*, access: \[Read, Write\]/, /path: ROOM\/named, access: \[Create\]/],
    lacks: [/#\d/],
  },
  'O_TMPFILE that gets a name by its descriptor': {
    body: `MUST(!linkat(${UNNAMED}, "", AT_FDCWD, "named", AT_EMPTY_PATH));`,
    holds: [/path: ROOM\/#\*, access: \[Read, Write\]/, /path: ROOM\/named, access: \[Create\]/],
    lacks: [/#\d/],
  },
  'O_TMPFILE that gets a name in another directory': {
    prepare: 'MUST(!mkdir("a", 0755)); MUST(!mkdir("b", 0755));',
    body: `int file = opened(open("a", O_TMPFILE | O_WRONLY, 0600));
      MUST(!linkat(file, "", AT_FDCWD, "b/named", AT_EMPTY_PATH));`,
    holds: [/path: ROOM\/a\/#\*, access: \[Write\]/, /path: ROOM\/b\/named, access: \[Create\]/],
  },
  'what fails for another reason fails for that reason': {
    prepare: `MUST(!mkdir("a", 0755)); MUST(!mkdir("a/b", 0755)); int script = opened(creat("script", 0700));
      MUST(write(script, "exit 0\\n", 7) == 7);`,
    body: `FAILS(ENOTEMPTY, rmdir("a")); FAILS(EISDIR, unlink("a")); FAILS(ENOEXEC, execl("./script", "script", (char *)0));
      MUST(setsid() >= 0 || errno == EPERM); FAILS(ENXIO, open("/dev/tty", O_RDWR));`,
  },
  'both ends of a terminal': {
    body: `int master = opened(open("/dev/ptmx", O_RDWR | O_NOCTTY)), unlock = 0;
      MUST(!ioctl(master, TIOCSPTLCK, &unlock)); opened(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY));`,
    holds: [/path: \/dev\/pts\/\*, access: \[Read, Write\]/],
  },
  'a daemon that is left behind and puts its file away when it is asked to end': {
    body: `int ends[2], got; char byte; sigset_t term; sigemptyset(&term); sigaddset(&term, SIGTERM);
      MUST(!sigprocmask(SIG_BLOCK, &term, 0)); MUST(!pipe(ends));
      if (!fork()) { close(opened(creat("lock", 0600))); MUST(write(ends[1], "x", 1) == 1); sigwait(&term, &got); unlink("lock"); _exit(0); }
      MUST(read(ends[0], &byte, 1) == 1);`,
    holds: [/path: ROOM\/lock, access: \[Write, Create, Delete\]/],
  },
  'names after chroot': {
    prepare: 'MUST(!mkdir("jail", 0755)); MUST(!mkdir("jail/sub", 0755));',
    body: `MUST(!chroot("jail")); MUST(!chdir("/sub")); MUST(!mkdir("../d", 0700));
      close(opened(creat("/g", 0600))); MUST(!rename("/g", "../h")); MUST(!unlink("/h"));`,
    holds: [
      /path: ROOM\/jail\/d, access: \[Create\]/,
      /path: ROOM\/jail\/h, access: \[Create, Delete\]/,
    ],
  },
  'a hundred of them in one directory are one rule': {
    body: `for (int i = 0; i < 100; i++) ${UNNAMED};`,
    holds: [/path: ROOM\/#\*, access: \[Read, Write\]/],
    lacks: [/#\d/],
  },
};

void describe('recorded, then enforced', { skip }, () => {
  let workshop: Workshop;
  let program = '';
  before(() => {
    workshop = new Workshop();
    const bodies = Object.entries(CASES).flatMap(([name, { body, prepare }]) => [
      [name, body] as const,
      ...(prepare === undefined ? [] : [[`before ${name}`, prepare] as const]),
    ]);
    program = workshop.compile('held', sourceOf(Object.fromEntries(bodies)));
  });
  after(() => {
    workshop.remove();
  });

  for (const [name, { prepare, holds = [], lacks = [] }] of Object.entries(CASES))
    void test(name, async () => {
      const room = workshop.room();
      const profile = `${room}.yaml`;
      const log = `${room}.jsonl`;
      const fresh = (): void => {
        for (const left of readdirSync(room)) rmSync(join(room, left), { recursive: true });
        if (prepare !== undefined) execFileSync(program, [room, `before ${name}`]);
      };
      fresh();
      const before = ours();
      const recorded = await pinfold(['record', '-o', profile, '--', program, room, name]);
      assert.equal(recorded.status, 0, recorded.stderr);
      // Without comments; the directory is generalised, for its name is a temporary one.
      const rules = readFileSync(profile, 'utf8')
        .replace(/^ *#.*\n| # .*$/gm, '')
        .replace(/\/\S*\/room\d+(?=[/,])/g, 'ROOM');
      for (const pattern of holds) assert.match(rules, pattern);
      for (const pattern of lacks) assert.doesNotMatch(rules, pattern);
      fresh();
      const options = ['--profile', profile, '--mode', 'Enforce', '--audit-log', log];
      const ran = await pinfold(['run', ...options, '--', program, room, name]);
      const records = readFileSync(log, 'utf8');
      assert.equal(ran.status, 0, `${ran.stderr}\n${records}`);
      assert.doesNotMatch(records, /"kind":"violation"/);
      await gone(before);
    });
});
