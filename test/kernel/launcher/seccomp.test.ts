/** What the filter refuses to a program that the launcher started. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  buildLauncher,
  compileActor,
  launch,
  launcher,
  makeTemporary,
  removeTemporary,
  skip,
  withCgroup,
} from './harness.js';

const native = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
/** System call numbers: x86_64, and aarch64 where the tests need them there. */
const [getppid, uname, execve] = native === 'x86_64' ? [110, 63, 59] : [173, 160, 221];
/** Of the 32-bit x86 ABI, where 63 is dup2. */
const x86 = { getppid: 64, uname: 122, dup2: 63 } as const;
const EPERM = 1;
const ENOSYS = 38;

/** What a static C program needs from its start to its exit on both machines. */
const startOfProgram =
  native === 'x86_64'
    ? [12, 158, 218, 273, 334, 302, 267, 89, 318, 10, 5, 262, 1, 231, 9, 0, 3]
    : [214, 96, 99, 293, 261, 78, 278, 226, 80, 79, 64, 94, 222, 63, 57];

const filter = (action: string, ...lines: readonly string[]): string[] => [
  'no_new_privs',
  `seccomp_default\t${action}`,
  `seccomp_arch\t${native}`,
  ...lines,
  'end',
];
const rule = (arch: string, nr: number, action: string, ...comparisons: string[]): string =>
  `seccomp_rule\t${arch}\t${nr}\t${action}\t${comparisons.join(',')}`;
const allowStart = startOfProgram.map((nr) => rule(native, nr, 'allow'));

describe('pinfold-launch loads a seccomp filter', { skip }, () => {
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

  const run = async (plan: readonly string[], ...steps: readonly string[]): Promise<string> => {
    const result = await launch(plan, [actor, ...steps]);
    assert.deepEqual(result.status.at(-1), ['exec', actor]);
    return result.stdout + (result.signal ?? '');
  };

  it('that answers a denied call with its errno and leaves the others', async () => {
    const plan = filter('allow', rule(native, uname, 'errno:38'), rule(native, 1 << 20, 'kill'));
    assert.equal(
      await run(plan, `call:${uname}:0`, `call:${getppid}`),
      `call:${uname}:0 ${ENOSYS}\ncall:${getppid} 0\n`,
    );
  });

  it('that ends the process at a denied call', async () => {
    const plan = filter('allow', rule(native, getppid, 'kill'));
    assert.equal(await run(plan, `call:${getppid}`, 'signals'), 'SIGSYS');
  });

  it('that allows nothing but what is listed, nor any execve but its own', async () => {
    for (const [action, ending] of [
      ['kill', 'SIGSYS'],
      ['errno:1', `exec:${actor} ${EPERM}\n`],
    ] as const)
      assert.equal(await run(filter(action, ...allowStart), `exec:${actor}`), ending);
  });

  it('that ends a program whose start is not listed', async () => {
    assert.equal(await run(filter('kill')), 'SIGSYS');
  });

  it('under which a failing exec is still told', async () => {
    writeFileSync(join(directory, 'text'), 'text', { mode: 0o755 });
    for (const action of ['kill', 'errno:1']) {
      const result = await launch(filter(action), [join(directory, 'text')]);
      assert.deepEqual(result.status.at(-1)?.slice(0, 4), ['error', 'exec', '8', 'ENOEXEC']);
      assert.equal(result.code, 126);
    }
  });

  it('under which a failing exec is told without a status descriptor too', async () => {
    writeFileSync(join(directory, 'text'), 'text', { mode: 0o755 });
    const result = await launch(filter('kill'), [join(directory, 'text')], { withoutStatus: true });
    assert.equal(result.stderr, 'pinfold-launch: exec: Exec format error\n');
    assert.equal(result.code, 126);
  });

  it('that may deny execve to everybody but the launcher', async () => {
    const plan = filter('allow', rule(native, execve, 'kill'));
    assert.equal(await run(plan, `exec:${actor}`), 'SIGSYS');
  });

  it('that judges arguments in all their 64 bits', async () => {
    const high = (1n << 32n).toString();
    const plan = filter(
      'allow',
      rule(native, getppid, 'errno:1', '0:eq:5'),
      rule(native, getppid, 'errno:2', '1:maskeq:240:16'),
      rule(native, getppid, 'errno:3', `2:ge:${high}`, '3:ne:0'),
    );
    const cases = [
      ['5', 1],
      ['6', 0],
      ['4294967301', 0],
      ['0:0x1f', 2],
      ['0:0x2f', 0],
      [`0:0:${high}:1`, 3],
      [`0:0:${high}:0`, 0],
      ['0:0:4294967295:1', 0],
      ['5:0x10', 1],
    ] as const;
    const steps = cases.map(([args]) => `call:${getppid}:${args}`);
    const expected = cases.map(([args, errno]) => `call:${getppid}:${args} ${errno}\n`);
    assert.equal(await run(plan, ...steps), expected.join(''));
  });

  it('on top of the one that was inherited', async () => {
    const outer = filter('allow', rule(native, getppid, 'errno:1'));
    const inner = join(directory, 'inner');
    writeFileSync(inner, filter('allow', rule(native, uname, 'errno:2')).join('\n'));
    // Moves into the cgroup in which it is already.
    const script = `cg=$1; shift; exec "$0" --cgroup "$cg" --plan-fd 3 -- "$@" 3<${inner}`;
    const result = await withCgroup((cgroup) =>
      launch(outer, [
        ...['sh', '-c', script, launcher, cgroup, actor],
        ...[`call:${getppid}`, `call:${uname}:0`],
      ]),
    );
    assert.equal(result.stdout, `call:${getppid} 1\ncall:${uname}:0 2\n`);
  });

  it('that is refused when it exceeds what the kernel takes', async () => {
    const rules = Array.from({ length: 5000 }, (_, nr) => rule(native, nr, 'errno:1', '0:eq:1'));
    const result = await launch(filter('allow', ...rules), [actor]);
    assert.deepEqual(result.status.at(-1)?.slice(0, 4), ['error', 'seccomp', '7', 'E2BIG']);
    assert.equal(result.code, 125);
  });

  describe('with rules per ABI', { skip: native === 'x86_64' ? false : 'x86 only' }, () => {
    let actor32: string | undefined;
    before(() => {
      try {
        actor32 = compileActor(directory, 'actor32', '-m32');
      } catch {
        actor32 = undefined;
      }
    });

    it('that hold for a 32-bit program, with its own numbers', async (t) => {
      if (actor32 === undefined) {
        t.skip('gcc -m32 cannot build here');
        return;
      }
      const plan = filter(
        'allow',
        'seccomp_arch\tx86',
        rule('x86_64', uname, 'errno:1'),
        rule('x86', x86.getppid, 'errno:2'),
        rule('x86', x86.uname, 'errno:3', '0:eq:4294967295'),
        rule('x86', 999, 'errno:4'),
      );
      const steps = [x86.getppid, `${x86.dup2}:1:1`, `${x86.uname}:4294967295`, 999].map(
        (nr) => `call:${nr}`,
      );
      const result = await launch(plan, [actor32, ...steps]);
      assert.equal(result.stdout, 'call:64 2\ncall:63:1:1 0\ncall:122:4294967295 3\ncall:999 4\n');
      assert.equal(await run(plan, 'call:63:0', 'call:110'), 'call:63:0 1\ncall:110 0\n');
    });

    it('that end a 32-bit program where its ABI is not listed', async (t) => {
      if (actor32 === undefined) {
        t.skip('gcc -m32 cannot build here');
        return;
      }
      for (const action of ['allow', 'kill'])
        assert.equal((await launch(filter(action), [actor32, 'signals'])).signal, 'SIGSYS');
    });

    it('that give x32 calls the default where x32 is not listed', async () => {
      const x32getppid = 0x4000_0000 + getppid;
      assert.equal(
        await run(
          filter('errno:7', ...allowStart, rule(native, getppid, 'allow')),
          `call:${getppid}`,
          `call:${x32getppid}`,
        ),
        `call:${getppid} 0\ncall:${x32getppid} 7\n`,
      );
      const listed = filter('allow', 'seccomp_arch\tx32', rule('x32', getppid, 'errno:9'));
      assert.equal(
        await run(listed, `call:${getppid}`, `call:${x32getppid}`),
        `call:${getppid} 0\ncall:${x32getppid} 9\n`,
      );
    });
  });
});
