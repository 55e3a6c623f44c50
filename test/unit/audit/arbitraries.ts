/** Records of every kind with any text that a kernel, a pod or a person can put into them. */
import fc from 'fast-check';
import {
  ACCESSES,
  ARCHITECTURES,
  FORBIDDABLE,
  PATH_DOUBTS,
  PROTOCOLS,
  RULE_CLASSES,
} from '../../../src/policy/operation.js';
import type { Operation, PathObject, RuleRef } from '../../../src/policy/operation.js';
import {
  JUDGING_MODES,
  LIFECYCLE_EVENTS,
  LOSS_PLACES,
  OBJECT_SOURCES,
  OUTCOMES,
  PROFILE_MODES,
  REASONS,
  SEVERITIES,
} from '../../../src/audit/record.js';
import type { AuditRecord, Instant, Process, Subject } from '../../../src/audit/record.js';
import { cloak } from '../../../src/policy/cloak.js';

/** Bytes as paths hold them: mostly text, sometimes anything but NUL. */
export const anyPath: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('/etc/shadow', '/tmp/a"b\\c', '/tmp/\n{"kind":"loss"}', '/\u202egpj.exe', ''),
  fc.uint8Array({ min: 1, max: 255, maxLength: 60 }).map(cloak),
);
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string());
const natural = fc.maxSafeNat();

const instant: fc.Arbitrary<Instant> = fc.record({
  seconds: fc.integer({ min: 0, max: 253402300799 }),
  nanos: fc.integer({ min: 0, max: 999_999_999 }),
});

const optional = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }, required: (keyof T)[]) =>
  fc.record(shape, { requiredKeys: required as never[] }) as fc.Arbitrary<T>;

const object = optional<PathObject>(
  {
    path: anyPath,
    doubt: fc.constantFrom(...PATH_DOUBTS),
    deleted: fc.constant(true),
    fileless: fc.constant(true),
  },
  ['path'],
);

const endpoint = {
  protocol: fc.constantFrom(...PROTOCOLS),
  address: fc.oneof(fc.ipV4(), fc.ipV6(), anyText),
  port: fc.integer({ min: 0, max: 65535 }),
};

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('Exec' as const), object }),
  fc.record({
    kind: fc.constant('File' as const),
    object,
    access: fc.subarray([...ACCESSES]),
  }),
  fc.record({ kind: fc.constantFrom('Connect' as const, 'Bind' as const), ...endpoint }),
  fc.record({ kind: fc.constant('Capability' as const), capability: anyText }),
  fc.record({
    kind: fc.constant('Syscall' as const),
    architecture: fc.constantFrom(...ARCHITECTURES),
    name: anyText,
  }),
  fc.record({
    kind: fc.constant('Forbidden' as const),
    behaviour: fc.constantFrom(...FORBIDDABLE),
  }),
);

const ruleClass = fc.constantFrom(...RULE_CLASSES);

const rule: fc.Arbitrary<RuleRef> = fc.record({
  profile: fc.constantFrom('shop/web', 'base'),
  class: ruleClass,
  list: fc.constantFrom('allow', 'deny'),
  index: natural,
  text: anyText,
});

const subject = optional<Subject>(
  {
    profile: fc.oneof(fc.constant('shop/web'), anyText),
    revision: anyText,
    generation: natural,
    slot: natural,
    cgroup: natural,
    pod: anyText,
    podUid: anyText,
    container: anyText,
    containerId: anyText,
  },
  ['profile', 'generation'],
);

const actor = fc
  .tuple(
    fc.record(
      {
        pid: natural,
        tid: natural,
        uid: natural,
        exe: anyPath,
        comm: anyPath,
        argv: fc.array(anyPath, { maxLength: 4 }),
      },
      { requiredKeys: ['pid', 'tid', 'uid', 'exe', 'comm'] },
    ),
    fc.boolean(),
  )
  .map(([made, single]): Process => (single ? { ...made, tid: made.pid } : made));

const violation = fc.record(
  {
    kind: fc.constant('violation' as const),
    time: instant,
    node: anyText,
    cpu: natural,
    sequence: natural,
    severity: fc.constantFrom(...SEVERITIES),
    mode: fc.constantFrom(...JUDGING_MODES),
    outcome: fc.constantFrom(...OUTCOMES),
    class: ruleClass,
    operation,
    source: fc.constantFrom(...OBJECT_SOURCES),
    reason: fc.constantFrom(...REASONS),
    errno: anyText,
    subject,
    rule,
    process: actor,
    count: fc.integer({ min: 1 }),
    firstTime: instant,
  },
  {
    requiredKeys: [
      'kind',
      'time',
      'node',
      'cpu',
      'sequence',
      'severity',
      'mode',
      'outcome',
      'class',
      'operation',
      'source',
      'reason',
      'subject',
      'process',
    ],
  },
);

const gap = fc.record(
  {
    kind: fc.constant('gap' as const),
    time: instant,
    node: anyText,
    code: anyText,
    detail: anyText,
    class: ruleClass,
    subject,
    firstTime: instant,
  },
  { requiredKeys: ['kind', 'time', 'node', 'code', 'detail'] },
);

const lifecycle = fc.record(
  {
    kind: fc.constant('lifecycle' as const),
    time: instant,
    node: anyText,
    event: fc.constantFrom(...LIFECYCLE_EVENTS),
    mode: fc.constantFrom(...PROFILE_MODES),
    previousMode: fc.constantFrom(...PROFILE_MODES),
    subject,
    exitCode: fc.integer({ min: 0, max: 255 }),
    signal: anyText,
  },
  { requiredKeys: ['kind', 'time', 'node', 'event', 'mode', 'subject'] },
);

const loss = fc.record(
  {
    kind: fc.constant('loss' as const),
    time: instant,
    node: anyText,
    where: fc.constantFrom(...LOSS_PLACES),
    lost: fc.integer({ min: 1 }),
    detail: anyText,
    firstTime: instant,
  },
  { requiredKeys: ['kind', 'time', 'node', 'where', 'lost', 'detail'] },
);

export const anyRecord: fc.Arbitrary<AuditRecord> = fc.oneof(
  { arbitrary: violation, weight: 4 },
  gap,
  lifecycle,
  loss,
);
