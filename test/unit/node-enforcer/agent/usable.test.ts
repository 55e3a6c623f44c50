/** Profiles that cannot be used, as a condition of the node. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Unreadable, usableFinding } from '../../../../src/node-enforcer/agent/usable.js';

const refusal = (name: string, code = 'TooComplex') => ({
  profile: `SecurityProfile shop/${name}`,
  code,
  message: `${name} is wrong`,
});

const key = (name: string) => ({ kind: 'SecurityProfile', namespace: 'shop', name }) as const;

const rejected = (name: string, code: string) =>
  ({ kind: 'Rejected', source: name, key: key(name), code, problem: 'wrong' }) as const;

void describe('profiles that cannot be used', () => {
  void it('are named with their words, as far as there is room', () => {
    assert.equal(usableFinding([]).holds, true);
    const { holds, reason, message } = usableFinding(['a', 'b'].map((name) => refusal(name)));
    assert.deepEqual([holds, reason], [false, 'TooComplex']);
    assert.equal(message, 'SecurityProfile shop/a: a is wrong; SecurityProfile shop/b: b is wrong');
    const many = usableFinding(Array.from({ length: 7 }, (_, index) => refusal(String(index))));
    assert.match(many.message, /shop\/4: 4 is wrong; and 2 more$/);
  });

  void it('are forgotten when they are readable again or gone, and duplicates are none', () => {
    const unreadable = new Unreadable();
    for (const name of ['a', 'b']) unreadable.take(rejected(name, 'ObjectInvalid'));
    unreadable.take(rejected('c', 'ObjectDuplicate'));
    assert.deepEqual(
      unreadable.refusals.map(({ code }) => code),
      ['ObjectInvalid', 'ObjectInvalid'],
    );
    unreadable.take({ kind: 'Deleted', key: key('a') });
    assert.equal(unreadable.refusals.length, 1);
  });
});
