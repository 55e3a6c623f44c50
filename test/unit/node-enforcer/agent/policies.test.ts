import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Rules } from '../../../../src/api/objects.js';
import { PinfoldError } from '../../../../src/errors.js';
import { Policies } from '../../../../src/node-enforcer/agent/policies.js';
import type { CompiledPolicy } from '../../../../src/node-enforcer/agent/policies.js';
import { realise } from '../../../../src/node-enforcer/agent/realise.js';
import type { GoodProfile, Realisation } from '../../../../src/node-enforcer/agent/realise.js';
import { effectiveRules } from '../../../../src/policy/effective.js';

const realised = (
  id: string,
  mode: GoodProfile['mode'],
  rules: Rules = { exec: { allow: [{ path: '/bin/a' }] } },
): Realisation =>
  realise(
    {
      ...{ id, generation: 1, mode, onDegraded: 'Audit', severity: 'Medium' },
      rules: effectiveRules(id, rules),
    },
    { lsm: true },
  );

/** The kernel's side: which policies there are, and with which generation. */
const kernel = () => {
  const policies = new Map<number, { readonly groups: string; readonly generation: number }>();
  return {
    policies,
    setPolicy: (policy: number, { enforce, audit }: CompiledPolicy, generation: number) => {
      const groups = `${enforce?.profiles.join('+') ?? '-'}/${audit?.profiles.join('+') ?? '-'}`;
      policies.set(policy, { groups, generation });
    },
    deletePolicy: (policy: number) => {
      policies.delete(policy);
    },
  };
};

void describe('compiled policies', () => {
  void it('are shared by all with the same set of profiles, split by mode', () => {
    const tables = kernel();
    const policies = new Policies(tables, 10, 100);
    const [a, b] = [realised('a', 'Enforce'), realised('b', 'Audit')];
    const first = policies.take([a, b]);
    assert.deepEqual(policies.take([a, b]), first);
    assert.deepEqual([...tables.policies], [[1, { groups: 'a/b', generation: 101 }]]);
    assert.equal(policies.take([a])?.policy, 2);
    assert.equal(policies.take([realised('r', 'Record')]), undefined, 'nothing to judge');
  });

  void it('are swapped once when a profile changes, and stay until the last user is gone', () => {
    const tables = kernel();
    const policies = new Policies(tables, 10, 0);
    const [before, after] = [realised('a', 'Audit'), realised('a', 'Enforce')];
    const key = policies.take([before])?.key ?? '';
    policies.take([before]);
    for (let user = 0; user < 2; user += 1) {
      policies.take([after]);
      policies.drop(key);
    }
    assert.deepEqual([...tables.policies], [[1, { groups: 'a/-', generation: 2 }]]);
    assert.equal(policies.version(1)?.realisations.get('a'), before);
    assert.equal(policies.version(2)?.realisations.get('a'), after);
    policies.drop(key);
    assert.equal(tables.policies.size, 1);
    policies.drop(key);
    assert.equal(tables.policies.size, 0);
    assert.equal(policies.take([after])?.policy, 1, 'its number is used again');
  });

  void it('leave those of an earlier process alone until nobody has them', () => {
    const tables = kernel();
    const policies = new Policies(tables, 10, 0, [1, 3]);
    assert.equal(policies.take([realised('a', 'Enforce')])?.policy, 2);
    assert.equal(policies.take([realised('b', 'Enforce')])?.policy, 4);
    policies.releaseInherited(new Set([1]));
    assert.equal(policies.take([realised('c', 'Enforce')])?.policy, 3);
    assert.equal(policies.take([realised('d', 'Enforce')])?.policy, 5, 'a slot still has 1');
  });

  void it('end where the kernel has no room, or rules are too complex, without losing a place', () => {
    const policies = new Policies(kernel(), 2, 0);
    const complex = realised('x', 'Enforce', {
      files: { deny: [1, 2, 3, 4, 5].map((n) => ({ path: `/d/${'p'.repeat(n)}*` })) },
    });
    assert.throws(
      () => policies.take([complex]),
      (error) => error instanceof PinfoldError && error.code === 'TooComplex',
    );
    assert.equal(policies.take([realised('a', 'Enforce')])?.policy, 1);
    assert.throws(
      () => policies.take([realised('b', 'Enforce')]),
      (error) => error instanceof PinfoldError && error.code === 'PoliciesExhausted',
    );
  });
});
