import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Rules } from '../../../src/api/objects.js';
import { effectiveRules } from '../../../src/policy/effective.js';
import { judge } from '../../../src/policy/judge.js';
import { mergeRules } from '../../../src/policy/merge/merge.js';
import { writtenRules } from '../../../src/policy/merge/written.js';
import type { Operation } from '../../../src/policy/operation.js';
import { unite } from '../../../src/policy/unite.js';
import { effective, operation, rules } from './generators.js';

test('merge is commutative', () => {
  fc.assert(
    fc.property(rules, rules, (a, b) => {
      assert.deepEqual(mergeRules(a, b), mergeRules(b, a));
    }),
  );
});

test('merge is associative', () => {
  fc.assert(
    fc.property(rules, rules, rules, (a, b, c) => {
      const together = mergeRules(a, b, c);
      assert.deepEqual(mergeRules(mergeRules(a, b), c), together);
      assert.deepEqual(mergeRules(a, mergeRules(b, c)), together);
    }),
  );
});

test('merge is idempotent', () => {
  fc.assert(
    fc.property(rules, (a) => {
      const canonical = mergeRules(a);
      assert.deepEqual(mergeRules(a, a), canonical);
      assert.deepEqual(mergeRules(canonical), canonical);
    }),
  );
});

test('merged rules mean what the united rules mean', () => {
  fc.assert(
    fc.property(rules, rules, operation, (a, b, asked) => {
      const united = unite('p', [effectiveRules('p', a), effectiveRules('p', b)]);
      const merged = effectiveRules('p', mergeRules(a, b));
      assert.equal(judge(merged, asked).kind, judge(united, asked).kind);
      assert.deepEqual(merged.syscalls.otherwise.action, united.syscalls.otherwise.action);
    }),
  );
});

test('effective rules that are written out mean the same', () => {
  fc.assert(
    fc.property(effective, operation, (all, asked) => {
      const again = effectiveRules(all.profile, writtenRules(all));
      assert.equal(judge(again, asked).kind, judge(all, asked).kind);
    }),
  );
});

test('system calls that one part only refuses do not widen the ABIs of another', () => {
  const allowing: Rules = { syscalls: { architectures: ['x86_64'], allow: ['read'] } };
  const refusing: Rules = { syscalls: { architectures: ['x86'], deny: ['mount'] } };
  const merged = effectiveRules('p', mergeRules(allowing, refusing));
  const united = unite('p', [effectiveRules('p', allowing), effectiveRules('p', refusing)]);
  for (const both of [merged, united]) {
    const read: Operation = { kind: 'Syscall', architecture: 'x86', name: 'read' };
    assert.equal(judge(both, read).kind, 'Deny');
    assert.equal(judge(both, { ...read, architecture: 'x86_64' }).kind, 'Allow');
  }
});

test('the canonical form, by example', () => {
  const merged = mergeRules(
    {
      exec: { allow: [{ path: '/b' }, { path: '/a' }], deny: [] },
      files: {
        allow: [{ path: '/x', access: ['Write', 'Read'] }],
        deny: [{ path: '/d', access: ['Read'] }],
      },
      network: {
        egress: [
          {
            to: [{ ipBlock: { cidr: '10.1.2.3/8' } }],
            ports: [{ protocol: 'TCP', port: 1, endPort: 1 }],
          },
        ],
      },
      syscalls: {
        architectures: ['x86_64'],
        allow: ['write'],
        otherwise: { action: 'Errno', errno: 'ENOSYS' },
      },
    },
    {
      files: { allow: [{ path: '/x', access: ['Create'] }], deny: [{ path: '/d' }] },
      network: {
        egress: [
          {
            to: [{ ipBlock: { cidr: '10.0.0.0/8', except: [] } }],
            ports: [{ protocol: 'TCP', port: 1 }],
          },
        ],
        ingress: [],
      },
      capabilities: { allow: [] },
      syscalls: {
        architectures: ['x86'],
        allow: ['read', 'write'],
        otherwise: { action: 'Errno', errno: 'EPERM' },
      },
      forbid: [],
    },
  );
  assert.deepEqual(merged, {
    exec: { allow: [{ path: '/a' }, { path: '/b' }] },
    files: { allow: [{ path: '/x', access: ['Read', 'Write', 'Create'] }], deny: [{ path: '/d' }] },
    network: {
      egress: [
        { to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ protocol: 'TCP', port: 1 }] },
      ],
      ingress: [],
    },
    capabilities: { allow: [] },
    syscalls: {
      architectures: ['x86', 'x86_64'],
      allow: ['read', 'write'],
      otherwise: { action: 'Errno', errno: 'ENOSYS' },
    },
  });
});

test('a path that is none is refused', () => {
  assert.throws(() => mergeRules({ exec: { allow: [{ path: 'x' }] } }), { code: 'PathInvalid' });
});
