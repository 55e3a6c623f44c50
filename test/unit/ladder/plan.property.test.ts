/** The gap list against the reference verdict and an oracle of what the kernel does with the plan. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judge } from '../../../src/policy/judge.js';
import {
  ACCESSES,
  PROTOCOLS,
  type Forbiddable,
  type Operation,
  type RuleClass,
} from '../../../src/policy/operation.js';
import type { EffectiveRules } from '../../../src/policy/rules.js';
import { planLadder } from '../../../src/policy/ladder/plan.js';
import type { FileKind, Gap, LadderAbilities } from '../../../src/policy/ladder/types.js';
import { ladderJudge, type Machine } from './oracle.js';
import { anyMachine, anyPath, anyProfile, anyTree, CALLS, CAPS } from './profiles.js';

const RUNS = { numRuns: 1500 };

interface Case {
  readonly rules: EffectiveRules;
  readonly abilities: LadderAbilities;
  readonly tree: ReadonlyMap<string, FileKind>;
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  rules: anyProfile,
  abilities: anyMachine,
  tree: anyTree,
});

const planOf = ({ rules, abilities, tree }: Case) =>
  planLadder(rules, abilities, (path) => tree.get(path));

/** The machine when `path` is tried: it is there, and so is what leads to it; undefined where that cannot be. */
const machineWith = (
  { abilities, tree }: Case,
  path: string | undefined,
  kind: FileKind,
): Machine | undefined => {
  const now = new Map(tree);
  const segments = path === undefined || path === '/' ? [] : path.slice(1).split('/');
  for (let length = 1; length <= segments.length; length++) {
    const at = `/${segments.slice(0, length).join('/')}`;
    const wanted = length < segments.length ? 'Directory' : kind;
    if ((now.get(at) ?? wanted) !== wanted) return undefined;
    now.set(at, wanted);
  }
  return { launch: tree, now, architectures: abilities.architectures };
};

const pathOf = (operation: Operation): string | undefined =>
  operation.kind === 'File' || operation.kind === 'Exec' ? operation.object.path : undefined;

const address = fc.constantFrom(
  '10.0.0.1',
  '10.1.2.3',
  '10.1.2.200',
  '11.0.0.1',
  '2001:db8::1',
  '2001:db8:1::1',
  '::ffff:10.0.0.1',
);
const socket = {
  protocol: fc.constantFrom(...PROTOCOLS),
  address,
  port: fc.constantFrom(0, 79, 80, 85, 91, 443, 65_535),
};

const operations: readonly fc.Arbitrary<Operation>[] = [
  fc.record({
    kind: fc.constant('File'),
    object: fc.record({ path: anyPath }),
    access: fc.constantFrom(...ACCESSES).map((one) => [one]),
  }),
  fc.record({ kind: fc.constant('Exec'), object: fc.record({ path: anyPath }) }),
  fc.constant({ kind: 'Exec', object: { path: '/memfd:x', fileless: true } }),
  fc.record({ kind: fc.constant('Connect'), ...socket }),
  fc.record({ kind: fc.constant('Bind'), ...socket }),
  fc.record({ kind: fc.constant('Capability'), capability: fc.constantFrom(...CAPS) }),
];

/** The classes whose gaps may account for a difference on this operation. */
const classesOf = (operation: Operation): readonly RuleClass[] => {
  switch (operation.kind) {
    case 'File':
      return operation.access.includes('MapExecutable') ? ['files', 'exec'] : ['files'];
    case 'Exec':
      return operation.object.fileless === true ? ['exec', 'forbid'] : ['exec'];
    case 'Connect':
    case 'Bind':
      return operation.protocol === 'SCTP'
        ? ['egress', 'ingress']
        : [operation.kind === 'Connect' ? 'egress' : 'ingress'];
    case 'Capability':
      return ['capabilities'];
    case 'Syscall':
      return ['syscalls'];
    case 'Forbidden':
      return ['forbid'];
  }
};

/** What a profile's system calls refuse is the business of that class alone. */
const isSyscallBound = (operation: Operation): boolean =>
  (operation.kind === 'Exec' && operation.object.fileless === true) ||
  (operation.kind === 'File' &&
    operation.access.some((access) => access === 'MapExecutable' || access === 'Attributes')) ||
  ((operation.kind === 'Connect' || operation.kind === 'Bind') && operation.protocol === 'SCTP');

const isPossible = (operation: Operation, kind: FileKind): boolean =>
  kind === 'File' ||
  (operation.kind === 'File' &&
    operation.access.every((access) => !['Write', 'MapExecutable'].includes(access)));

test('where ladder and profile differ, a gap of that class and direction says so', () => {
  let differences = 0;
  let agreements = 0;
  fc.assert(
    fc.property(
      anyCase,
      fc.array(fc.oneof(...operations), { minLength: 20, maxLength: 20 }),
      fc.constantFrom<FileKind[]>('File', 'Directory'),
      (one, tried, kind) => {
        const plan = planOf(one);
        for (const operation of tried) {
          const machine = machineWith(one, pathOf(operation), kind);
          if (machine === undefined || !isPossible(operation, kind)) continue;
          const wanted = judge(one.rules, operation).kind;
          const real = ladderJudge(plan, operation, machine);
          if (wanted === real) {
            agreements++;
            continue;
          }
          const widened = real === 'Allow';
          // A capability that the launcher does not hold is nothing that a profile could give.
          if (!widened && (isSyscallBound(operation) || operation.kind === 'Capability')) continue;
          differences++;
          assert.ok(
            plan.gaps.some(
              (gap) => gap.widened === widened && classesOf(operation).includes(gap.class),
            ),
            `${JSON.stringify(operation)} (${kind}): profile ${wanted}, ladder ${real}, gaps ${plan.gaps.map(({ code }) => code).join()}`,
          );
        }
      },
    ),
    RUNS,
  );
  assert.ok(differences > 500, `only ${differences} differences were met`);
  assert.ok(agreements > 5000, `only ${agreements} agreements were met`);
});

const REFUSED_FOR: Readonly<Record<string, Forbiddable>> = {
  ptrace: 'Ptrace',
  mount: 'Mount',
  bpf: 'Bpf',
  clone3: 'UserNamespaces',
  init_module: 'KernelModules',
  io_uring_setup: 'IoUring',
  io_uring_enter: 'IoUring',
  memfd_create: 'FilelessExec',
};

test('the filter lets exactly those system calls through that the profile allows', () => {
  fc.assert(
    fc.property(anyCase, fc.constantFrom(...CALLS), (one, name) => {
      const plan = planOf(one);
      const machine = machineWith(one, undefined, 'File');
      assert.ok(machine !== undefined);
      const behaviour = REFUSED_FOR[name];
      const forbidden = one.rules.forbid.some((rule) => rule.name === behaviour);
      const attributes = name === 'chmod' && one.rules.files.allow !== undefined;
      for (const architecture of one.abilities.architectures) {
        if (name === 'socketcall' && architecture !== 'x86') continue;
        const operation: Operation = { kind: 'Syscall', architecture, name };
        const wanted = judge(one.rules, operation).kind;
        const real = ladderJudge(plan, operation, machine);
        const expected = name === 'clone3' ? 'Absent' : 'Deny';
        if (!one.abilities.seccomp) {
          assert.equal(real, 'Allow');
          assert.ok(wanted === 'Allow' || plan.gaps.some(({ class: of }) => of === 'syscalls'));
        } else if (wanted === 'Allow' && forbidden) assert.equal(real, expected);
        else if (!(wanted === 'Allow' && attributes)) assert.equal(real, wanted);
      }
    }),
    RUNS,
  );
});

/** Other ways to a forbidden behaviour than its plain system calls. */
const BYPASSES: readonly (string | undefined)[] = [
  undefined,
  'socketcall',
  'mmap',
  'io_uring',
  '/proc/PID/mem',
];
const BYPASSED: Readonly<Record<string, Forbiddable>> = {
  socketcall: 'RawSockets',
  mmap: 'AnonymousExec',
  io_uring: 'RawSockets',
  '/proc/PID/mem': 'Ptrace',
};

test('a forbidden behaviour is refused in every way, or a gap says which is left', () => {
  fc.assert(
    fc.property(anyCase, fc.constantFrom(...BYPASSES), (one, by) => {
      const plan = planOf(one);
      const machine = machineWith(one, undefined, 'File');
      assert.ok(machine !== undefined);
      for (const { name } of one.rules.forbid) {
        if (name === 'WrittenExec' || (by !== undefined && BYPASSED[by] !== name)) continue;
        if (by === 'socketcall' || by === 'mmap')
          if (!one.abilities.architectures.includes('x86')) continue;
        const operation: Operation = { kind: 'Forbidden', behaviour: name };
        if (ladderJudge(plan, operation, machine, by) === 'Allow')
          assert.ok(
            plan.gaps.some((gap) => gap.class === 'forbid' && gap.widened),
            `${name} by ${by ?? 'its calls'}`,
          );
      }
    }),
    RUNS,
  );
});

test('without a gap no written or removed file runs', () => {
  fc.assert(
    fc.property(anyCase, anyPath, (one, path) => {
      const plan = planOf(one);
      const machine = machineWith(one, path, 'File');
      if (machine === undefined) return;
      const can = (...access: readonly (typeof ACCESSES)[number][]): boolean =>
        ladderJudge(plan, { kind: 'File', object: { path }, access }, machine) === 'Allow';
      const runs =
        ladderJudge(plan, { kind: 'Exec', object: { path } }, machine) === 'Allow' ||
        can('MapExecutable');
      const has = (code: string): boolean => plan.gaps.some((gap) => gap.code === code);
      const forbids = (name: Forbiddable): boolean =>
        one.rules.forbid.some((rule) => rule.name === name);
      if (forbids('WrittenExec') && runs && (can('Write') || can('Create')))
        assert.ok(has('WrittenExecNotTold'));
      const starts = ladderJudge(plan, { kind: 'Exec', object: { path } }, machine) === 'Allow';
      if (forbids('FilelessExec') && one.abilities.seccomp && starts && can('Delete'))
        assert.ok(has('DeletedExecOpen'));
    }),
    RUNS,
  );
});

const differsAsSaid = (one: Case, gap: Gap): boolean => {
  const { example } = gap;
  if (example === undefined) return true;
  const plan = planOf(one);
  const wanted = judge(one.rules, example.operation).kind;
  return (['File', 'Directory'] as const).some((kind) => {
    const machine = machineWith(one, pathOf(example.operation), kind);
    if (machine === undefined) return false;
    const real = ladderJudge(plan, example.operation, machine, example.by);
    return gap.widened
      ? wanted === 'Deny' && real === 'Allow'
      : wanted === 'Allow' && real === 'Deny';
  });
};

test('every gap is real: its example is decided otherwise by the ladder', () => {
  const met = new Set<string>();
  fc.assert(
    fc.property(anyCase, (one) => {
      for (const gap of planOf(one).gaps) {
        met.add(gap.code);
        assert.ok(differsAsSaid(one, gap), `GAP ${JSON.stringify(gap)}`);
      }
    }),
    RUNS,
  );
  for (const code of [
    'LandlockMissing',
    'DenyNotExpressible',
    'DenyInsideAllowed',
    'WildcardWidened',
    'DirectoryListing',
    'ParentGranted',
    'ExecutableReadable',
    'MappedReadable',
    'LoaderExecutable',
    'MapExecutableNotTold',
    'AttributesNotEnforced',
    'UnixConnectNotEnforced',
    'LinkNotTold',
    'MissingAtLaunch',
    'ExecNeedsRead',
    'MountRefused',
    'ListenWithoutBind',
    'UserNamespaceCapabilities',
    'ArgumentsInMemory',
    'IoUringBypass',
    'ProcMemOpen',
    'WrittenExecNotTold',
    'DeletedExecOpen',
    'FilelessExecOpen',
  ])
    assert.ok(met.has(code), `${code} was never met`);
});

test('the plan does not depend on the order of rules', () => {
  fc.assert(
    fc.property(anyCase, (one) => {
      const { files, exec } = one.rules;
      const turned: EffectiveRules = {
        ...one.rules,
        files: { ...files, ...(files.allow && { allow: files.allow.toReversed() }) },
        exec: { ...exec, ...(exec.allow && { allow: exec.allow.toReversed() }) },
      };
      assert.deepEqual(planOf({ ...one, rules: turned }).landlock, planOf(one).landlock);
    }),
    { numRuns: 300 },
  );
});
