import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isOfKind } from '../../../src/api/objects.js';
import { parseObjects } from '../../../src/api/parse.js';
import { compile } from '../../../src/policy/automaton/compile.js';
import { compose, resolveNothing } from '../../../src/policy/compose.js';
import { judge } from '../../../src/policy/judge.js';
import type { Operation } from '../../../src/policy/operation.js';
import type { EffectiveRules } from '../../../src/policy/rules.js';
import type { Behaviour } from '../../../src/recorder/behaviour.js';
import {
  createBehaviour,
  sawCapability,
  sawFile,
  sawSocket,
  sawSyscall,
} from '../../../src/recorder/saw.js';
import { writeProfile } from '../../../src/recorder/write.js';
import { recorded } from './support.js';

const info = {
  name: 'web',
  subject: 'web',
  hostname: 'h',
  kernel: '6.1',
  version: '0',
  startedAt: 0,
  endedAt: 0,
  events: 0,
};

const rulesFrom = (behaviour: Behaviour): EffectiveRules => {
  const [first] = parseObjects(writeProfile(behaviour, info).text, 'recorded.yaml');
  assert.ok(first !== undefined && isOfKind(first.object, 'SecurityProfile'));
  return compose(first.object, resolveNothing);
};

/** Shrinking runs the property again on the same paths: nothing may stay from the run before. */
const createBehaviourParts = () => {
  const { sockets, capabilities, syscalls } = createBehaviour();
  return { sockets, capabilities, syscalls };
};

const socket = fc.record({
  direction: fc.constantFrom('Egress' as const, 'Ingress' as const),
  protocol: fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const),
  address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('127.0.0.1', '::1', '10.0.0.1')),
  port: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 65_535 }),
    fc.integer({ min: 40_000, max: 40_050 }),
  ),
});

const call = fc.record({
  architecture: fc.constantFrom('x86_64' as const, 'x86' as const, 'x32' as const),
  name: fc.constantFrom('read', 'write', 'openat', 'socketcall'),
});

const capability = fc.constantFrom('SYS_ADMIN', 'CHOWN', 'NET_RAW', 'CHECKPOINT_RESTORE');

const everything = fc.record({
  paths: recorded(20_000, 40),
  sockets: fc.array(socket, { maxLength: 60, size: 'max' }),
  calls: fc.array(call),
  capabilities: fc.array(capability),
});

test('the verdict on everything recorded is Allow by the profile that was written', () => {
  fc.assert(
    fc.property(everything, ({ paths, sockets, calls, capabilities }) => {
      const { files, execs } = paths;
      const behaviour = { ...paths.behaviour, ...createBehaviourParts() };
      for (const each of sockets) sawSocket(behaviour, { ...each, at: 0 });
      for (const each of calls) sawSyscall(behaviour, { ...each, at: 0 });
      for (const each of capabilities) sawCapability(behaviour, { capability: each, at: 0 });
      const operations: readonly Operation[] = [
        ...execs.map((path) => ({ kind: 'Exec', object: { path } }) as const),
        ...files.map(({ path, access }) => ({ kind: 'File', object: { path }, access }) as const),
        ...sockets.map(
          ({ direction, ...rest }) =>
            ({ kind: direction === 'Egress' ? 'Connect' : 'Bind', ...rest }) as const,
        ),
        ...calls.map((each) => ({ kind: 'Syscall', ...each }) as const),
        ...capabilities.map((each) => ({ kind: 'Capability', capability: each }) as const),
      ];
      const rules = rulesFrom(behaviour);
      for (const operation of operations)
        assert.equal(judge(rules, operation).kind, 'Allow', JSON.stringify(operation));
    }),
    { numRuns: 60 },
  );
});

test('what was not recorded is refused', () => {
  const behaviour = createBehaviour();
  sawSyscall(behaviour, { architecture: 'x86_64', name: 'read', at: 0 });
  const rules = rulesFrom(behaviour);
  const others: readonly Operation[] = [
    { kind: 'Exec', object: { path: '/bin/sh' } },
    { kind: 'File', object: { path: '/etc/shadow' }, access: ['Read'] },
    { kind: 'Connect', protocol: 'TCP', address: '10.0.0.1', port: 80 },
    { kind: 'Bind', protocol: 'TCP', address: '0.0.0.0', port: 80 },
    { kind: 'Capability', capability: 'SYS_ADMIN' },
    { kind: 'Syscall', architecture: 'x86_64', name: 'write' },
    { kind: 'Syscall', architecture: 'x86', name: 'read' },
  ];
  for (const operation of others)
    assert.equal(judge(rules, operation).kind, 'Deny', JSON.stringify(operation));
});

test('a written profile compiles: at most four prefix lengths meet in a directory', () => {
  fc.assert(
    fc.property(recorded(20_000, 60), ({ behaviour }) => {
      compile([rulesFrom(behaviour)]);
    }),
    { numRuns: 60 },
  );
});

test('prefixes are cut to a length that is there, data before code, and marked', () => {
  const behaviour = createBehaviour();
  for (const prefix of ['a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff', 'ggggggg'])
    sawFile(behaviour, {
      path: `/tmp/${prefix}.aB3xYz`,
      access: prefix === 'ggggggg' ? ['MapExecutable'] : ['Read'],
      at: 0,
    });
  sawFile(behaviour, { path: '/tmp/hh.aB3xYz', access: ['Read'], at: 0 });
  const { rules, reviews } = writeProfile(behaviour, info);
  assert.deepEqual(
    rules.files.map(({ path }) => path),
    [
      '/tmp/a.*',
      '/tmp/bb.*',
      '/tmp/ccc.*',
      '/tmp/dddd*',
      '/tmp/eeee*',
      '/tmp/ffff*',
      '/tmp/ggggggg.*',
      '/tmp/hh.*',
    ],
  );
  assert.equal(reviews.filter(({ reason }) => reason === 'Widened').length, 3);
  compile([rulesFrom(behaviour)]);
});
