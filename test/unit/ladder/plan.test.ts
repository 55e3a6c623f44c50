/** The ladder's plan in cases that a person would write, with the exact answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../../src/policy/judge.js';
import type { Operation } from '../../../src/policy/operation.js';
import type { EffectiveRules } from '../../../src/policy/rules.js';
import { decideDegraded } from '../../../src/policy/ladder/degraded.js';
import { planLadder } from '../../../src/policy/ladder/plan.js';
import type { FileKind, LadderAbilities } from '../../../src/policy/ladder/types.js';
import { filterAnswer, ladderJudge } from './oracle.js';
import { machine, profile } from './profiles.js';

const kinds = (entries: Readonly<Record<string, FileKind>>) => (path: string) => entries[path];

const codes = (
  rules: EffectiveRules,
  abilities: LadderAbilities = machine,
  entries: Readonly<Record<string, FileKind>> = {},
): readonly string[] => planLadder(rules, abilities, kinds(entries)).gaps.map(({ code }) => code);

/** Enough to run, and nothing by which a path could be used that Landlock does not see. */
const CLOSED = ['read', 'write', 'openat', 'exit_group', 'execve'];

test('a profile that limits nothing needs nothing', () => {
  const plan = planLadder(profile({}), machine);
  assert.deepEqual(plan, {
    profile: 'test',
    refs: [undefined],
    gaps: [],
    missing: [],
    denialsObserved: true,
  });
});

test('files and system calls that fit the ladder leave no gap, and every operation agrees', () => {
  const rules = profile({
    exec: ['/bin/x'],
    files: [
      ['/bin/x', ['Read']],
      ['/etc/hosts', ['Read']],
      ['/var/data', ['Read']],
      ['/var/data/**', ['Read', 'Write', 'Create', 'Delete']],
    ],
    capabilities: ['CHOWN'],
    syscalls: CLOSED,
    forbid: ['Bpf', 'Ptrace', 'Mount', 'IoUring', 'UserNamespaces', 'KernelModules', 'RawSockets'],
  });
  const launch = new Map<string, FileKind>([
    ['/bin', 'Directory'],
    ['/bin/x', 'File'],
    ['/bin/y', 'File'],
    ['/etc', 'Directory'],
    ['/etc/hosts', 'File'],
    ['/etc/passwd', 'File'],
    ['/var', 'Directory'],
    ['/var/data', 'Directory'],
    ['/var/data/x', 'File'],
  ]);
  const plan = planLadder(rules, machine, (path) => launch.get(path));
  assert.deepEqual(plan.gaps, []);
  const place = { launch, now: launch, architectures: machine.architectures };
  for (const path of [...launch.keys(), '/var/data/y', '/etc/shadow', '/y'])
    for (const access of ['Read', 'Write', 'Create', 'Delete', 'Attributes'] as const) {
      const operation: Operation = { kind: 'File', object: { path }, access: [access] };
      if (access === 'Write' && launch.get(path) === 'Directory') continue;
      assert.equal(
        ladderJudge(plan, operation, place),
        judge(rules, operation).kind,
        `${access} ${path}`,
      );
    }
  for (const path of ['/bin/x', '/bin/y', '/var/data/x', '/etc/hosts']) {
    const operation: Operation = { kind: 'Exec', object: { path } };
    assert.equal(ladderJudge(plan, operation, place), judge(rules, operation).kind, path);
  }
});

test('capabilities, syscalls, egress and forbid alone fit without a gap', () => {
  const rules = profile({
    capabilities: ['NET_BIND_SERVICE', 'NET_RAW'],
    syscalls: ['read', 'clone', 'clone3', 'socket', 'bind', 'connect'],
    otherwise: { action: 'KillProcess' },
    egress: [
      [[{ cidr: '10.0.0.0/8', except: ['10.128.0.0/9'] }], [{ protocol: 'TCP', port: 5432 }]],
    ],
    ingress: [[[], [{ protocol: 'TCP', port: 8080 }]]],
    forbid: ['UserNamespaces', 'RawSockets'],
  });
  const plan = planLadder(rules, machine);
  assert.deepEqual(plan.gaps, []);
  // The launcher cannot give what it does not hold.
  assert.deepEqual(plan.capabilities, { keep: ['NET_BIND_SERVICE'] });
  assert.deepEqual(plan.seccomp?.architectures, ['x86_64']);
  assert.deepEqual(plan.seccomp.defaultAction, { kind: 'Kill' });
  assert.deepEqual(plan.network, {
    defaultAllow: { egress: false, ingress: false },
    entries: [
      {
        direction: 'Egress',
        family: 4,
        address: [10, 0, 0, 0],
        prefixLength: 9,
        protocol: 'TCP',
        portLow: 5432,
        portHigh: 5432,
        rule: 1,
      },
      {
        direction: 'Ingress',
        family: 0,
        address: [],
        prefixLength: 0,
        protocol: 'TCP',
        portLow: 8080,
        portHigh: 8080,
        rule: 2,
      },
    ],
  });
  assert.deepEqual(
    plan.refs.map((ref) => ref?.text),
    [undefined, 'egress 0', 'ingress 0'],
  );
});

test('arguments that the kernel truncates cannot hide a forbidden call', () => {
  const plan = planLadder(
    profile({ forbid: ['RawSockets', 'UserNamespaces', 'AnonymousExec'] }),
    machine,
  );
  const refused = { kind: 'Errno', errno: 1 };
  const allowed = { kind: 'Allow' };
  const socket = (domain: bigint, type: bigint, protocol = 0n) =>
    filterAnswer(plan, 'x86_64', 'socket', { 0: domain, 1: type, 2: protocol });
  assert.deepEqual(socket(2n, 3n), refused);
  assert.deepEqual(socket(0xdead_0000_0002n, 0xbeef_0008_0803n), refused);
  assert.deepEqual(socket(0x1_0000_0011n, 2n), refused);
  assert.deepEqual(socket(2n, 1n), allowed);
  // Route netlink, which every resolver opens.
  assert.deepEqual(socket(16n, 3n), allowed);
  assert.deepEqual(filterAnswer(plan, 'x86_64', 'clone', { 0: 0x1100_0011n }), refused);
  assert.deepEqual(filterAnswer(plan, 'x86_64', 'clone', { 0: 0x11n }), allowed);
  assert.deepEqual(filterAnswer(plan, 'x86_64', 'clone3'), { kind: 'Errno', errno: 38 });
  const personality = (value: bigint) => filterAnswer(plan, 'x86_64', 'personality', { 0: value });
  assert.deepEqual(personality(0xffff_ffffn), allowed);
  assert.deepEqual(personality(0x0040_0000n), refused);
  assert.deepEqual(personality(0xffff_fffen), refused);
  assert.deepEqual(personality(8n), allowed);
});

test('a profile for other ABIs allows nothing here', () => {
  const plan = planLadder(profile({ syscalls: ['read'], architectures: ['aarch64'] }), machine);
  assert.deepEqual(plan.seccomp, {
    defaultAction: { kind: 'Errno', errno: 1 },
    architectures: ['x86_64'],
    rules: [],
  });
});

test('SCTP is refused where the profile allows none of it, and else a gap', () => {
  const tcp = [[[], [{ protocol: 'TCP' as const }]]] as const;
  assert.deepEqual(codes(profile({ egress: tcp, ingress: tcp, syscalls: ['socket'] })), []);
  const refused = planLadder(profile({ egress: tcp, ingress: tcp }), machine);
  const sctp = { 0: 2n, 1: 1n, 2: 132n };
  assert.equal(filterAnswer(refused, 'x86_64', 'socket', sctp).kind, 'Errno');
  assert.deepEqual(codes(profile({ egress: tcp, syscalls: ['socket'] })), ['SctpNotEnforced']);
  assert.deepEqual(codes(profile({ egress: tcp, syscalls: ['read'] })), []);
});

test('a full network table leaves out the last entries and says so', () => {
  const many = Array.from({ length: 4100 }, (_, port) => ({ protocol: 'TCP' as const, port }));
  const plan = planLadder(profile({ egress: [[[], many]], syscalls: ['read'] }), machine);
  assert.equal(plan.network?.entries.length, 4096);
  assert.deepEqual(
    plan.gaps.map(({ code }) => code),
    ['TooManyNetworkEntries'],
  );
});

test('without cgroup programs Landlock limits TCP by port', () => {
  const rules = profile({
    egress: [[[], [{ protocol: 'TCP', port: 443 }]]],
    ingress: [[[], [{ protocol: 'TCP', port: 80, endPort: 81 }]]],
  });
  const plan = planLadder(rules, { ...machine, cgroupBpf: false });
  assert.equal(plan.network, undefined);
  assert.equal(plan.landlock?.handledNet, 3);
  assert.deepEqual(plan.landlock.ports, [
    { port: 443, rights: 2 },
    { port: 80, rights: 1 },
    { port: 81, rights: 1 },
  ]);
  assert.deepEqual(
    plan.gaps.map(({ code, class: of }) => `${of} ${code}`),
    ['egress NetworkNotEnforced', 'ingress NetworkNotEnforced'],
  );
  assert.equal(
    planLadder(rules, { ...machine, cgroupBpf: false, landlockAbi: 3 }).landlock,
    undefined,
  );
});

test('what a file rule becomes depends on what is there', () => {
  const rules = profile({
    files: [
      ['/run/x.pid', ['Read', 'Write', 'Create']],
      ['/etc/x', ['Read']],
    ],
  });
  const dirs = { '/run': 'Directory', '/etc': 'Directory' } as const;
  const plan = planLadder(rules, machine, kinds(dirs));
  assert.deepEqual(plan.missing, ['/etc/x']);
  assert.deepEqual(
    plan.landlock?.rules.map(({ path }) => path),
    ['/run'],
  );
  const found = planLadder(rules, machine, kinds({ ...dirs, '/etc/x': 'File' }));
  assert.deepEqual(found.landlock?.rules, [{ path: '/etc/x', rights: 4 }, plan.landlock.rules[0]]);
  assert.deepEqual(found.missing, []);
});

test('moves between trees of different rights are a gap, within one tree not', () => {
  const all = ['Read', 'Write', 'Create', 'Delete'] as const;
  const calls = [...CLOSED, 'rename'];
  const entries = { '/a': 'Directory', '/b': 'Directory' } as const;
  const has = (rules: EffectiveRules, abi = 7) =>
    codes(rules, { ...machine, landlockAbi: abi }, entries).includes('MoveBetweenDirectories');
  assert.equal(has(profile({ files: [['/a/**', all]], syscalls: calls })), false);
  assert.equal(has(profile({ files: [['/a/**', all]], syscalls: calls }), 1), true);
  const two = profile({
    files: [
      ['/a/**', all],
      ['/b/**', all],
    ],
    syscalls: calls,
  });
  assert.equal(has(two), false);
  const gains = profile({
    files: [
      ['/a/**', ['Create', 'Delete']],
      ['/b/**', all],
    ],
    syscalls: calls,
  });
  assert.equal(has(gains), true);
});

test('the oldest Landlock leaves truncation open', () => {
  const rules = profile({ files: [['/etc/x', ['Read']]] });
  const here = { '/etc': 'Directory', '/etc/x': 'File' } as const;
  assert.ok(codes(rules, { ...machine, landlockAbi: 2 }, here).includes('TruncateNotEnforced'));
  assert.ok(!codes(rules, machine, here).includes('TruncateNotEnforced'));
});

test('names that no ABI has are a gap', () => {
  assert.deepEqual(codes(profile({ syscalls: ['read', 'no_such_call'] })), ['SyscallUnknown']);
});

test('too many overlapping wildcards are said, not searched for ever', () => {
  const files = Array.from({ length: 24 }, (_, index): [string, readonly ['Read']] => [
    `/${Array.from({ length: 24 }, (__, at) => (at === index ? 'x' : '*')).join('/')}`,
    ['Read'],
  ]);
  assert.ok(codes(profile({ files })).includes('TooComplexToCompare'));
});

test('onDegraded decides only where there is a gap', () => {
  const { gaps } = planLadder(profile({ exec: ['/bin/x'] }), machine);
  assert.ok(gaps.length > 0);
  assert.deepEqual(decideDegraded([], 'Refuse'), { kind: 'Enforce' });
  assert.deepEqual(decideDegraded(gaps, 'Refuse'), { kind: 'Refuse', kill: false, gaps });
  assert.deepEqual(decideDegraded(gaps, 'Kill'), { kind: 'Refuse', kill: true, gaps });
  assert.deepEqual(decideDegraded(gaps, 'Audit'), { kind: 'EnforceAndAudit', gaps });
});
