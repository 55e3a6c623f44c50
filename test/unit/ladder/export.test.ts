import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { complementOf } from '../../../src/policy/export/conditions.js';
import { exportNetworkPolicy } from '../../../src/policy/export/network-policy.js';
import { exportSeccomp } from '../../../src/policy/export/seccomp.js';
import type { ArgumentCondition } from '../../../src/policy/ladder/types.js';
import { profile } from './profiles.js';

const holds = (conditions: readonly ArgumentCondition[], args: readonly bigint[]): boolean =>
  conditions.every(({ argument, mask, value }) => ((args[argument] ?? 0n) & mask) === value);

test('a complement allows exactly what is not refused, one comparison for an argument', () => {
  const condition = fc
    .record({ argument: fc.nat(1), mask: fc.bigInt(1n, 15n), bits: fc.bigInt(0n, 15n) })
    .map(({ argument, mask, bits }) => ({ argument, mask, value: bits & mask }));
  const refused = fc.array(fc.array(condition, { minLength: 1, maxLength: 2 }), { maxLength: 3 });
  fc.assert(
    fc.property(refused, (list) => {
      const ways = complementOf(list);
      if (ways === undefined) return;
      for (const way of ways)
        assert.equal(new Set(way.map(({ argument }) => argument)).size, way.length);
      for (let a = 0n; a < 16n; a++)
        for (let b = 0n; b < 16n; b++)
          assert.equal(
            ways.some((way) => holds(way, [a, b])),
            !list.some((one) => holds(one, [a, b])),
          );
    }),
  );
});

test('an allow-list becomes an OCI filter that allows', () => {
  const { document, unexpressed } = exportSeccomp(
    profile({
      files: [],
      syscalls: ['read', 'clone', 'clone3', 'bpf', 'personality', 'socket', 'ptrace'],
      denySyscalls: ['ptrace'],
      architectures: ['x86_64', 'x86'],
      otherwise: { action: 'Errno', errno: 'EACCES' },
      forbid: ['UserNamespaces', 'Bpf', 'AnonymousExec', 'RawSockets'],
    }),
  );
  assert.deepEqual(document, {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 13,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    syscalls: [
      { names: ['read'], action: 'SCMP_ACT_ALLOW' },
      {
        names: ['clone'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 0x1000_0000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
      {
        names: ['personality'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 0xffbf_ffff, valueTwo: 0xffbf_ffff, op: 'SCMP_CMP_MASKED_EQ' }],
      },
      {
        names: ['personality'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 0x40_0000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW' },
    ],
  });
  assert.deepEqual(
    unexpressed.map((sentence) => sentence.split(':')[0]),
    ['files', 'forbid', 'syscalls'],
  );
});

test('refusals alone become an OCI filter that refuses, on every ABI of the machine', () => {
  const { document, unexpressed } = exportSeccomp(
    profile({
      denySyscalls: ['sync'],
      otherwise: { action: 'KillProcess' },
      forbid: ['Bpf'],
      architectures: ['aarch64'],
    }),
  );
  assert.deepEqual(document, {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
    syscalls: [
      { names: ['sync'], action: 'SCMP_ACT_KILL_PROCESS' },
      { names: ['bpf'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 },
    ],
  });
  assert.deepEqual(unexpressed, []);
});

test('network rules become a NetworkPolicy', () => {
  const rules = profile({
    exec: [],
    egress: [
      [[{ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }], [{ protocol: 'TCP', port: 5432 }]],
      [[], [{ protocol: 'UDP', port: 0 }]],
    ],
    ingress: [
      [[], [{ protocol: 'TCP', port: 0, endPort: 9 }]],
      [[], []],
    ],
  });
  const { document, unexpressed } = exportNetworkPolicy(rules, {
    name: 'web',
    namespace: 'shop',
    podSelector: { matchLabels: { app: 'web' } },
  });
  assert.deepEqual(document, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Egress', 'Ingress'],
      egress: [
        {
          to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }],
          ports: [{ protocol: 'TCP', port: 5432 }],
        },
      ],
      ingress: [{ ports: [{ protocol: 'TCP', port: 1, endPort: 9 }] }, {}],
    },
  });
  assert.deepEqual(
    unexpressed.map((sentence) => sentence.split(':')[0]),
    [
      'exec',
      'egress',
      'ingress',
      'egress',
      'Traffic inside the pod and from its node is not limited by NetworkPolicy.',
    ],
  );
});

test('a profile without network rules gives a policy that changes nothing', () => {
  const { document, unexpressed } = exportNetworkPolicy(profile({}), {
    name: 'x',
    podSelector: {},
  });
  // Without a type Kubernetes would take Ingress and deny it all.
  assert.deepEqual(document.spec, { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] });
  assert.equal(unexpressed.length, 1);
});
