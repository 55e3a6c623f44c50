/** What the machine says about itself: mounts and the launcher's probe. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PinfoldError } from '../../../src/errors.js';
import {
  ladderAbilities,
  missingCapabilities,
  parseProbe,
  securityModules,
} from '../../../src/node-enforcer/abilities.js';
import { cgroupRoot, parseMountInfo } from '../../../src/node-enforcer/cgroups.js';

const UNIFIED = '31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate';
const HYBRID = [
  '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
  '32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu',
  '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
].join('\n');

test('the v2 hierarchy is found alone and beside v1', () => {
  assert.equal(cgroupRoot(UNIFIED), '/sys/fs/cgroup');
  assert.equal(cgroupRoot(HYBRID), '/sys/fs/cgroup/unified');
});

test('without v2 the error names what there is', () => {
  const missing = (text: string): string => {
    try {
      cgroupRoot(text);
    } catch (error) {
      assert.ok(error instanceof PinfoldError && error.code === 'CgroupV2Missing');
      return error.message;
    }
    return assert.fail('found');
  };
  assert.match(
    missing(HYBRID.replace(/\n.*cgroup2.*$/, '')),
    /cgroup v1 at \/sys\/fs\/cgroup\/cpu$/,
  );
  assert.match(missing(''), /none at all$/);
});

test('mount points with blanks, and optional fields of any number', () => {
  const text = String.raw`40 23 8:1 / /mnt/two\040words\134x rw shared:1 master:2 - ext4 /dev/sda1 rw
41 23 8:2 / /plain rw - xfs /dev/sdb rw
`;
  assert.deepEqual(parseMountInfo(text), [
    { type: 'ext4', mountPoint: '/mnt/two words\\x' },
    { type: 'xfs', mountPoint: '/plain' },
  ]);
});

test('the probe: unknown lines and unknown ABIs are no abilities', () => {
  const probe = parseProbe(
    'landlock_abi\t6\nseccomp\tyes\nkernel_abis\tx86_64 x86 s390x\ncaps_permitted\t0000000000000021\nnoise\n',
  );
  assert.deepEqual(ladderAbilities(probe, true), {
    landlockAbi: 6,
    seccomp: true,
    cgroupBpf: true,
    architectures: ['x86_64', 'x86'],
    capabilities: ['CHOWN', 'KILL'],
    observesDenials: true,
  });
});

test('security modules: from securityfs, else from the kernel itself, else not known', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pinfold-modules-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const list = join(folder, 'lsm');
  const probe = parseProbe('security_modules\tcapability bpf\n');
  assert.deepEqual(securityModules(probe, list), ['capability', 'bpf']);
  assert.equal(securityModules(parseProbe(''), list), undefined);
  writeFileSync(list, 'lockdown,capability');
  assert.deepEqual(securityModules(probe, list), ['lockdown', 'capability']);
});

test('a probe that says nothing grants nothing', () => {
  assert.deepEqual(ladderAbilities(parseProbe(''), false), {
    landlockAbi: 0,
    seccomp: false,
    cgroupBpf: false,
    architectures: [],
    capabilities: [],
    observesDenials: false,
  });
});

const ALL = (1n << 41n) - 1n;
const without = (...numbers: readonly number[]): bigint =>
  numbers.reduce((mask, number) => mask & ~(1n << BigInt(number)), ALL);

test('capabilities: SYS_ADMIN stands for what it includes, and nothing stands for it', () => {
  assert.deepEqual(missingCapabilities(ALL), []);
  assert.deepEqual(missingCapabilities(without(38, 39)), []);
  assert.deepEqual(missingCapabilities(without(21)), ['SYS_ADMIN']);
  assert.deepEqual(missingCapabilities(without(21, 38, 39)), ['SYS_ADMIN', 'BPF', 'PERFMON']);
  assert.deepEqual(missingCapabilities(0n), ['SYS_ADMIN', 'BPF', 'PERFMON', 'NET_ADMIN']);
});
