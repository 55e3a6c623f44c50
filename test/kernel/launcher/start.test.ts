/** How the launcher starts a program, and every way in which it refuses to. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  buildLauncher,
  compileActor,
  launch,
  launcher,
  makeTemporary,
  removeTemporary,
  securityModules,
  skip,
  withCgroup,
} from './harness.js';

describe('pinfold-launch starts a program', { skip }, () => {
  let directory = '';
  let actor = '';
  before(() => {
    buildLauncher();
    directory = makeTemporary();
    actor = compileActor(directory, 'actor');
  });
  after(() => {
    removeTemporary(directory);
  });

  it('in the cgroup, before the program and before the go byte', async () => {
    let joined = '';
    const result = await launch(['end'], ['cat', '/proc/self/cgroup'], {
      onJoined: (cgroup) => {
        joined = readFileSync(join(cgroup, 'cgroup.procs'), 'utf8');
        return true;
      },
    });
    assert.match(joined, /^\d+\n$/);
    assert.match(result.stdout, /^0::\/pinfold-launch-test-/m);
    assert.equal(result.code, 0);
    assert.equal(result.members, '');
  });

  it('and says where it stands: joined, then exec with the canonical path', async () => {
    symlinkSync(actor, join(directory, 'link to 100% actor'));
    const result = await launch(['end'], [join(directory, 'link to 100% actor')]);
    assert.deepEqual(result.status, [['joined'], ['exec', actor]]);
    assert.equal(result.code, 0);
  });

  it('with the arguments and the environment as they are, whatever bytes they hold', async () => {
    const result = await launch(['end'], ['sh', '-c', 'printf "%s|" "$@" "$X"', 'sh', '', 'a\nb'], {
      env: { PATH: '/usr/bin:/bin', X: '\t=é' },
    });
    assert.equal(result.stdout, '|a\nb|\t=é|');
  });

  it('with its exit status', async () => {
    assert.equal((await launch(['end'], ['sh', '-c', 'exit 41'])).code, 41);
  });

  it('with no descriptor but 0, 1 and 2', async () => {
    const result = await launch(['end'], [actor, 'descriptors']);
    assert.equal(result.stdout, 'fd 0\nfd 1\nfd 2\n');
  });

  it('with closed standard descriptors left closed', async () => {
    const result = await withCgroup((cgroup) => {
      const plan = join(directory, 'plan');
      writeFileSync(plan, 'end\n');
      const line = `exec ${launcher} --cgroup ${cgroup} --plan-fd 3 -- ${actor} descriptors 3<${plan} 0<&- 2>&-`;
      return Promise.resolve(execFileSync('sh', ['-c', line], { encoding: 'utf8' }));
    });
    assert.equal(result, 'fd 1\n');
  });

  it('in a cgroup that is handed over as a descriptor', async () => {
    const result = await withCgroup((cgroup) => {
      const plan = join(directory, 'plan');
      writeFileSync(plan, 'end\n');
      const line = `exec ${launcher} --cgroup-fd 4 --plan-fd 3 -- cat /proc/self/cgroup 3<${plan} 4<${cgroup}`;
      return Promise.resolve(execFileSync('sh', ['-c', line], { encoding: 'utf8' }));
    });
    assert.match(result, /^0::\/pinfold-launch-test-/m);
  });

  it('with every signal at its default and none blocked', async () => {
    const wrapped = await withCgroup((cgroup) => {
      const plan = join(directory, 'plan');
      writeFileSync(plan, 'end\n');
      const line = `trap '' PIPE HUP INT USR1; ${actor} signals; exec ${launcher} --cgroup ${cgroup} --plan-fd 3 -- ${actor} signals 3<${plan}`;
      return Promise.resolve(execFileSync('sh', ['-c', line], { encoding: 'utf8' }));
    });
    // The first call shows that they were ignored; the second, through the launcher, adds nothing.
    assert.equal(wrapped, 'handled 1\nhandled 2\nhandled 10\nhandled 13\n');
  });

  it('with no_new_privs only where the plan says so', async () => {
    const command = ['grep', 'NoNewPrivs', '/proc/self/status'];
    assert.match((await launch(['end'], command)).stdout, /0$/m);
    assert.match((await launch(['no_new_privs', 'end'], command)).stdout, /1$/m);
  });

  it('not, when the parent gives up before the go byte', async () => {
    const result = await launch(['end'], ['echo', 'ran'], { onJoined: () => false });
    assert.deepEqual(result.status.at(-1)?.slice(0, 4), ['error', 'go', '125', 'ECANCELED']);
    assert.equal(result.stdout, '');
    assert.equal(result.code, 125);
  });

  describe('and refuses', () => {
    const refusals: readonly (readonly [string, readonly string[], string])[] = [
      ['an empty plan', [], 'ENODATA'],
      ['a plan without its end', ['no_new_privs', 'capabilities_keep\t0'], 'ENODATA'],
      ['anything behind the end', ['end', 'no_new_privs'], 'EINVAL'],
      ['an unknown directive', ['no_new_friends', 'end'], 'EINVAL'],
      ['a missing field', ['capabilities_keep', 'end'], 'EINVAL'],
      ['a field too many', ['no_new_privs\t1', 'end'], 'EINVAL'],
      ['a mask that is not hexadecimal', ['capabilities_keep\tx', 'end'], 'EINVAL'],
      ['a mask of more than 64 bits', ['capabilities_keep\t10000000000000000', 'end'], 'EINVAL'],
      ['a NUL byte', ['no_new_privs\0', 'end'], 'EINVAL'],
      ['an escaped NUL', ['landlock_path\t0\t/a%00b', 'end'], 'EINVAL'],
      ['a broken escape', ['landlock_path\t0\t/a%4', 'end'], 'EINVAL'],
      ['a relative path', ['landlock_path\t0\ta', 'end'], 'EINVAL'],
      ['landlock rules alone', ['no_new_privs', 'landlock_path\t4\t/', 'end'], 'EINVAL'],
      ['landlock without no_new_privs', ['landlock_handled\t4\t0\t0', 'end'], 'EINVAL'],
      [
        'rights that are not handled',
        ['no_new_privs', 'landlock_handled\t4\t0\t0', 'landlock_path\t5\t/', 'end'],
        'EINVAL',
      ],
      ['port 65536', ['landlock_port\t1\t65536', 'end'], 'EINVAL'],
      ['a filter without architecture', ['no_new_privs', 'seccomp_default\tkill', 'end'], 'EINVAL'],
      ['an unknown architecture', ['seccomp_arch\tvax', 'end'], 'EINVAL'],
      ['errno 0', ['seccomp_default\terrno:0', 'end'], 'EINVAL'],
      ['an unknown comparison', ['seccomp_rule\tx86_64\t1\tallow\t0:is:1', 'end'], 'EINVAL'],
      ['a seventh argument', ['seccomp_rule\tx86_64\t1\tallow\t6:eq:1', 'end'], 'EINVAL'],
      ['maskeq without a value', ['seccomp_rule\tx86_64\t1\tallow\t0:maskeq:1', 'end'], 'EINVAL'],
      ['maskeq beside its mask', ['seccomp_rule\tx86_64\t1\tallow\t0:maskeq:1:2', 'end'], 'EINVAL'],
      [
        'two comparisons of one argument',
        ['seccomp_rule\tx86_64\t1\tallow\t0:ge:1,0:le:5', 'end'],
        'EINVAL',
      ],
    ];
    for (const [what, plan, errno] of refusals) {
      it(`${what}, before anything happens`, async () => {
        const { status, code, stdout } = await launch(plan, ['echo', 'ran']);
        assert.equal(status.length, 1);
        assert.deepEqual(
          [status[0]?.[0], status[0]?.[1], status[0]?.[3]],
          ['error', 'plan', errno],
        );
        assert.equal(code, 125);
        assert.equal(stdout, '');
      });
    }

    const expectRefusal = async (
      command: string,
      expected: readonly string[],
      code: number,
      env: NodeJS.ProcessEnv = process.env,
    ): Promise<void> => {
      const result = await launch(['end'], [command], { env, cwd: directory });
      assert.deepEqual(result.status.at(-1)?.slice(0, 4), expected);
      assert.equal(result.code, code);
      assert.equal(result.stdout, '');
    };

    it('a program that is not there: 127', async () => {
      const expected = ['error', 'resolve', '2', 'ENOENT'];
      await expectRefusal('no-such-program-here', expected, 127);
      await expectRefusal('/no/such/program', expected, 127);
      await expectRefusal('', expected, 127);
      await expectRefusal('sh', expected, 127, { PATH: '/no/such' });
    });

    it('a file without the right to execute, and a directory: 126', async () => {
      const expected = ['error', 'resolve', '13', 'EACCES'];
      writeFileSync(join(directory, 'plain'), 'text');
      await expectRefusal(join(directory, 'plain'), expected, 126);
      await expectRefusal('plain', expected, 126, { PATH: `/no/such:${directory}` });
      await expectRefusal(directory, expected, 126);
    });

    it('what the kernel cannot execute, after the exec line: 126', async () => {
      writeFileSync(join(directory, 'text'), 'text');
      chmodSync(join(directory, 'text'), 0o755);
      await expectRefusal('./text', ['error', 'exec', '8', 'ENOEXEC'], 126);
      writeFileSync(join(directory, 'script'), '#!/no/such/interpreter\n');
      chmodSync(join(directory, 'script'), 0o755);
      await expectRefusal('./script', ['error', 'exec', '2', 'ENOENT'], 126);
    });

    it('a directory that is no cgroup v2', () => {
      const plan = join(directory, 'plan');
      writeFileSync(plan, 'end\n');
      const line = `exec ${launcher} --cgroup ${directory} --plan-fd 3 -- echo ran 3<${plan}`;
      const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
      assert.equal(status, 125);
      assert.equal(stdout, '');
      assert.match(stderr, /^pinfold-launch: cgroup: not a cgroup v2 directory/);
    });

    it('options that it does not know or that are missing', () => {
      for (const args of [[], ['--frob'], ['--plan-fd', '0', '--', 'true'], ['--', 'true']]) {
        const { status, stderr } = spawnSync(launcher, args, { encoding: 'utf8' });
        assert.equal(status, 125);
        assert.match(stderr, /^usage: pinfold-launch /m);
      }
    });
  });

  it('found on PATH: past what cannot be executed, and in the empty element', async () => {
    const first = join(directory, 'first');
    mkdirSync(join(first, 'tool'), { recursive: true });
    const second = join(directory, 'second');
    mkdirSync(second);
    writeFileSync(join(second, 'tool'), '#!/bin/sh\necho second\n', { mode: 0o755 });
    for (const PATH of [`${first}:${second}`, `${first}::/no`]) {
      const result = await launch(['end'], ['tool'], { env: { PATH }, cwd: second });
      assert.equal(result.stdout, 'second\n');
    }
  });

  it('and tells with --probe what the kernel offers', () => {
    const lines = execFileSync(launcher, ['--probe'], { encoding: 'utf8' }).trimEnd().split('\n');
    const offers = new Map(lines.map((line) => line.split('\t') as [string, string]));
    const capabilities = /^CapPrm:\t(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    const available = readFileSync('/proc/sys/kernel/seccomp/actions_avail', 'utf8').trim();
    assert.equal(offers.get('caps_permitted'), capabilities);
    assert.equal(offers.get('seccomp_actions'), available);
    assert.equal(offers.get('no_new_privs'), 'yes');
    assert.match(offers.get('landlock_abi') ?? '', /^\d+$/);
    assert.equal(Number(offers.get('landlock_fs')) > 0, securityModules().includes('landlock'));
  });
});
