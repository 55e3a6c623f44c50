/** Who may execute and open what. */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import type { Rules } from '../../../src/api/objects.js';
import type { TracingSession } from '../../../src/bpf/session.js';
import type { Case } from './cases.js';
import { ACT, compiled, contained, Container, EACCES, file, freshPolicy } from './world.js';

const HERE = '/work';

const program = (path: string): string => {
  file(path, '');
  copyFileSync(ACT, path);
  chmodSync(path, 0o755);
  return path;
};

const RULES: Rules = {
  exec: {
    allow: [ACT, `${HERE}/script`, `${HERE}/script-of-forbidden`, '/bin/busybox'].map((path) => ({
      path,
    })),
    deny: [{ path: `${HERE}/denied/**` }],
  },
  files: {
    allow: [
      { path: `${HERE}/read`, access: ['Read'] },
      { path: `${HERE}/written`, access: ['Read', 'Write'] },
      { path: `${HERE}/new/**`, access: ['Write', 'Create'] },
      { path: `${HERE}/listed`, access: ['Read'] },
      { path: `${HERE}/script`, access: ['Read'] },
    ],
    deny: [{ path: `${HERE}/listed/secret` }],
  },
};

const makeFiles = (): void => {
  for (const name of ['new/file', 'other-new']) rmSync(`${HERE}/${name}`, { force: true });
  for (const name of ['read', 'written', 'listed/secret', 'other']) file(`${HERE}/${name}`);
  mkdirSync(`${HERE}/new`, { recursive: true });
  chmodSync(file(`${HERE}/script`, `#!/bin/busybox true\n`), 0o755);
  chmodSync(file(`${HERE}/forbidden-script`, `#!/bin/busybox true\n`), 0o755);
  chmodSync(file(`${HERE}/script-of-forbidden`, `#!${HERE}/forbidden nothing\n`), 0o755);
  program(`${HERE}/forbidden`);
  program(`${HERE}/denied/program`);
};

/** What is tried, and the errno under `RULES`. */
const ATTEMPTS: readonly (readonly [number, ...string[]])[] = [
  [0, 'nothing'],
  [0, 'execute', '/bin/busybox', 'true'],
  [EACCES, 'execute', `${HERE}/forbidden`],
  [EACCES, 'execute', `${HERE}/denied/program`],
  [0, 'execute', `${HERE}/script`],
  [EACCES, 'execute', `${HERE}/forbidden-script`],
  [EACCES, 'execute', `${HERE}/script-of-forbidden`],
  [0, 'open', 'read', `${HERE}/read`],
  [EACCES, 'open', 'write', `${HERE}/read`],
  [EACCES, 'open', 'both', `${HERE}/read`],
  [EACCES, 'open', 'truncate', `${HERE}/read`],
  [0, 'open', 'truncate', `${HERE}/written`],
  [0, 'open', 'both', `${HERE}/written`],
  [0, 'open', 'create', `${HERE}/new/file`],
  [EACCES, 'open', 'create', `${HERE}/other-new`],
  [0, 'open', 'list', `${HERE}/listed`],
  [EACCES, 'open', 'list', `${HERE}/new`],
  [EACCES, 'open', 'read', `${HERE}/listed/secret`],
  [EACCES, 'open', 'read', `${HERE}/other`],
  [0, 'open', 'path', `${HERE}/other`],
  [2, 'open', 'read', `${HERE}/missing`],
];

const DEEP = `${HERE}/deep/${Array.from({ length: 25 }, (_, level) => `level-${String(level)}`).join('/')}`;

export const verdictCases = (session: TracingSession): readonly Case[] => [
  {
    name: 'exec and open are allowed and refused as the rules say',
    run: () => {
      makeFiles();
      const here = contained(session, RULES);
      for (const [expected, ...what] of ATTEMPTS)
        assert.equal(here.act(...what), expected, what.join(' '));
    },
  },
  {
    name: 'every refusal names its rule, what was asked, the path and the inode',
    run: () => {
      makeFiles();
      const here = contained(session, RULES);
      const automaton = compiled(RULES);
      here.act('open', 'both', `${HERE}/read`);
      here.act('open', 'read', `${HERE}/listed/secret`);
      here.act('execute', `${HERE}/denied/program`);
      const [both, secret, denied, ...more] = here.refusals();
      assert.equal(more.length, 0);
      assert.ok(both && secret && denied);
      assert.deepEqual(
        [both.class, both.group, both.access, both.refused, both.path.walked],
        ['files', 'enforce', ['Read', 'Write'], ['Write'], `${HERE}/read`],
      );
      assert.deepEqual([both.header.error, both.header.generation], [-EACCES, 1]);
      assert.deepEqual(automaton.decisions[both.rule - 1]?.verdict, {
        kind: 'Deny',
        class: 'files',
      });
      const rule = automaton.decisions[secret.rule - 1]?.verdict;
      assert.equal(rule?.kind === 'Deny' ? rule.rule?.text : rule, `${HERE}/listed/secret`);
      assert.deepEqual([denied.class, denied.path.walked], ['exec', `${HERE}/denied/program`]);
      assert.ok(both.inode > 0 && denied.inode > 0 && !denied.cannotTell);
    },
  },
  {
    name: 'audit says of the same attempts what enforcement refuses, and refuses nothing',
    run: () => {
      const seen = (['enforce', 'audit'] as const).map((group) => {
        makeFiles();
        const here = contained(session, RULES, group);
        for (const [expected, ...what] of ATTEMPTS) {
          const errno = here.act(...what);
          if (group === 'audit') assert.equal(errno === EACCES, false, what.join(' '));
          else assert.equal(errno, expected, what.join(' '));
        }
        return here
          .refusals()
          .map(({ path, refused, rule, class: kind }) => [path, refused, rule, kind]);
      });
      // The script whose interpreter is refused gets as far as that in both.
      assert.deepEqual(seen[1], seen[0]);
      assert.ok((seen[0]?.length ?? 0) >= 8);
    },
  },
  {
    name: 'one policy enforces and audits at once, each by its own rules',
    run: () => {
      makeFiles();
      const policy = freshPolicy();
      const strict = compiled({ exec: { allow: [{ path: ACT }] }, files: { allow: [] } });
      session.setPolicy(policy, { enforce: compiled(RULES), audit: strict }, 7);
      const here = new Container(session, policy);
      assert.equal(here.act('open', 'read', `${HERE}/read`), 0);
      assert.equal(here.act('open', 'read', `${HERE}/other`), EACCES);
      const seen = here
        .refusals()
        .map(({ group, path, header }) => [group, path.walked, header.generation]);
      assert.deepEqual(seen, [
        ['audit', `${HERE}/read`, 7],
        ['enforce', `${HERE}/other`, 7],
        ['audit', `${HERE}/other`, 7],
      ]);
    },
  },
  {
    name: 'the first exec of a process that comes in is judged, each of 30 times',
    run: () => {
      makeFiles();
      const here = contained(session, RULES);
      for (let round = 0; round < 30; round += 1)
        assert.equal(here.run(`${HERE}/forbidden`, 'nothing').status, EACCES);
      assert.equal(here.refusals().length, 1); // the rest is counted
      const seen = session.seen().find(({ slot }) => slot === here.slot);
      assert.equal(seen?.count, 30);
    },
  },
  {
    name: 'a program without a name is refused: deleted, and in memory',
    run: () => {
      makeFiles();
      const here = contained(session, {
        exec: { allow: [{ path: '/**' }] },
      });
      assert.equal(here.act('memfd', ACT), EACCES);
      assert.equal(here.act('deleted', ACT, HERE), EACCES);
      const [memory, deleted] = here.refusals();
      assert.equal(memory?.path.fileless, true);
      assert.equal(deleted?.path.deleted, true);
      assert.equal(deleted.path.walked, `${HERE}/gone`);
    },
  },
  {
    name: '25 directories down a program is still refused',
    run: () => {
      const deep = program(`${DEEP}/program`);
      const here = contained(session, {
        exec: { allow: [{ path: '/**' }], deny: [{ path: `${HERE}/deep/**` }] },
      });
      assert.equal(here.act('execute', deep), EACCES);
      assert.equal(here.refusals()[0]?.path.walked, deep);
    },
  },
  {
    name: 'after chroot the path is still that from the true root',
    run: () => {
      const jail = `${HERE}/jail`;
      program(`${jail}${ACT}`);
      const here = contained(session, RULES);
      assert.equal(here.act('jail', jail, ACT, 'nothing'), EACCES);
      assert.equal(here.refusals()[0]?.path.walked, `${jail}${ACT}`);
    },
  },
  {
    name: 'what is reached other than from the root cannot be told, and is refused',
    run: () => {
      makeFiles();
      const here = contained(session, RULES);
      assert.equal(here.act('detached', HERE, 'read'), EACCES);
      file(`${HERE}/over/read`);
      assert.equal(here.act('mounted-over', `${HERE}/over`, HERE, `${HERE}/read`), EACCES);
      const seen = here.refusals();
      assert.deepEqual(
        seen.map(({ cannotTell, path }) => [cannotTell, path.doubt]),
        [
          [true, 'ForeignRoot'],
          [true, 'ForeignRoot'],
        ],
      );
    },
  },
  {
    name: 'in an overlay the merged path counts, for reading, listing and writing a lower file',
    run: () => {
      for (const place of ['lower', 'upper', 'work', 'merged'])
        mkdirSync(`/run/o/${place}`, { recursive: true });
      for (const name of ['read', 'written', 'closed']) file(`/run/o/lower/${name}`);
      const mounted = spawnSync('mount', [
        ...['-t', 'overlay', 'overlay', '-o'],
        ...['lowerdir=/run/o/lower,upperdir=/run/o/upper,workdir=/run/o/work', '/run/o/merged'],
      ]);
      assert.equal(mounted.status, 0, mounted.stderr.toString());
      const here = contained(session, {
        exec: { allow: [{ path: ACT }] },
        files: {
          allow: [
            { path: '/run/o/merged', access: ['Read'] },
            { path: '/run/o/merged/read', access: ['Read'] },
            { path: '/run/o/merged/written', access: ['Read', 'Write'] },
          ],
        },
      });
      assert.equal(here.act('open', 'read', '/run/o/merged/read'), 0);
      assert.equal(here.act('open', 'list', '/run/o/merged'), 0);
      assert.equal(here.act('open', 'both', '/run/o/merged/written'), 0);
      assert.equal(here.act('open', 'read', '/run/o/merged/closed'), EACCES);
      assert.equal(here.act('open', 'read', '/run/o/lower/closed'), EACCES);
      assert.deepEqual(
        here.refusals().map(({ path }) => path.walked),
        ['/run/o/merged/closed', '/run/o/lower/closed'],
      );
      spawnSync('umount', ['/run/o/merged']);
    },
  },
  {
    name: "a runtime's init is no member until it has left the host's mounts",
    run: () => {
      const root = `${HERE}/rootfs`;
      program(`${root}/inside`);
      program(`${root}/forbidden`);
      file(`${root}/secret`);
      const policy = freshPolicy();
      session.setPolicy(
        policy,
        { enforce: compiled({ exec: { allow: [{ path: '/inside' }] }, files: { allow: [] } }) },
        1,
      );
      const here = new Container(session, policy, true);
      assert.equal(here.run(ACT, 'contain', root, '/inside', 'nothing').status, 0);
      assert.equal(here.refusals().length, 0);
      assert.equal(here.run(ACT, 'contain', root, '/forbidden', 'nothing').status, EACCES);
      assert.equal(here.refusals()[0]?.path.walked, '/forbidden');
    },
  },
];
