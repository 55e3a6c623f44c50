import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compile } from '../../../src/policy/automaton/compile.js';
import { decide, evaluate } from '../../../src/policy/automaton/evaluate.js';
import { effectiveRules } from '../../../src/policy/effective.js';
import { decideAll, judge } from '../../../src/policy/judge.js';
import type { Operation } from '../../../src/policy/operation.js';
import { operation, pathOperation, profiles } from './generators.js';

const plain = ({ profile, verdict }: ReturnType<typeof decideAll>) => ({ profile, verdict });

test('the automaton decides as the reference does, by the same rule of the same profile', () => {
  fc.assert(
    fc.property(profiles, fc.array(operation, { minLength: 20, maxLength: 20 }), (all, asked) => {
      const automaton = compile(all);
      for (const one of asked)
        assert.deepEqual(plain(decide(automaton, one)), plain(decideAll(all, one)));
    }),
  );
});

test('the automaton decides paths as the reference does, many of them for each profile', () => {
  fc.assert(
    fc.property(
      profiles,
      fc.array(pathOperation, { minLength: 50, maxLength: 50 }),
      (all, asked) => {
        const automaton = compile(all);
        for (const one of asked)
          assert.deepEqual(plain(decide(automaton, one)), plain(decideAll(all, one)));
      },
    ),
  );
});

const exec = (path: string): Operation => ({ kind: 'Exec', object: { path } });

test('no profile allows everything', () => {
  assert.deepEqual(evaluate(compile([]), exec('/x')), { kind: 'Allow' });
});

test('five thousand rules compile, and each decides its own path', () => {
  const paths = Array.from(
    { length: 5_000 },
    (_, index) => `/srv/d${String(index % 70)}/e${String(index % 31)}/f${String(index)}`,
  );
  const rules = effectiveRules('p', { exec: { allow: paths.map((path) => ({ path })) } });
  const automaton = compile([rules]);
  for (const path of paths.slice(0, 50)) {
    assert.deepEqual(evaluate(automaton, exec(path)), judge(rules, exec(path)));
    assert.equal(evaluate(automaton, exec(`${path}/x`)).kind, 'Deny');
    assert.equal(evaluate(automaton, exec(`${path}x`)).kind, 'Deny');
  }
  assert.ok(paths.every((path) => evaluate(automaton, exec(path)).kind === 'Allow'));
});

test('more than 65,536 states are refused', () => {
  // A state remembers which of the first segments matched: 300 × 300 of them.
  const numbers = Array.from({ length: 300 }, (_, index) => String(index));
  const allow = numbers.flatMap((name) => [{ path: `/a${name}/**` }, { path: `/*/b${name}/*` }]);
  assert.throws(() => compile([effectiveRules('p', { exec: { allow } })]), { code: 'TooComplex' });
});

test('four lengths of prefixes in a directory are accepted, a fifth is refused', () => {
  const prefixes = ['a', 'ab', 'abc', 'abcd', 'abcde'];
  const withLengths = (count: number) =>
    compile([
      effectiveRules('p', {
        exec: { allow: prefixes.slice(0, count).map((prefix) => ({ path: `/d/${prefix}*` })) },
      }),
    ]);
  const four = withLengths(4);
  assert.equal(evaluate(four, exec('/d/ab')).kind, 'Allow');
  assert.throws(() => withLengths(5), { code: 'TooComplex', message: /5 different lengths/ });
});

test('lengths of prefixes are counted in bytes', () => {
  const allow = ['a', 'é', 'ab', 'abc', 'abcd'].map((prefix) => ({ path: `/${prefix}*` }));
  // a=1, é=2, ab=2, abc=3, abcd=4: five prefixes, four lengths.
  assert.equal(
    evaluate(compile([effectiveRules('p', { exec: { allow } })]), exec('/éx')).kind,
    'Allow',
  );
});
