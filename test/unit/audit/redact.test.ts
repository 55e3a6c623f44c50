import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRedactor } from '../../../src/audit/redact.js';
import { PinfoldError } from '../../../src/errors.js';

const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ['nginx', '-c', '/etc/nginx.conf'],
    ['nginx', '-c', '/etc/nginx.conf'],
  ],
  [
    ['x', '--password=hunter2'],
    ['x', '--password=[redacted]'],
  ],
  [
    ['x', '--password', 'hunter2', 'y'],
    ['x', '--password', '[redacted]', 'y'],
  ],
  [
    ['env', 'DB_SECRET_KEY=abc'],
    ['env', 'DB_SECRET_KEY=[redacted]'],
  ],
  [
    ['psql', 'postgres://app:pw@db:5432/x'],
    ['psql', 'postgres://app:[redacted]@db:5432/x'],
  ],
  [
    ['curl', '-H', 'Authorization: Bearer abc.def'],
    ['curl', '-H', 'Authorization: Bearer [redacted]'],
  ],
  [
    ['x', 'eyJhbGciOi.eyJzdWIi.c2ln'],
    ['x', '[redacted]'],
  ],
  [
    ['x', 'id AKIAABCDEFGHIJKLMNOP end'],
    ['x', 'id [redacted] end'],
  ],
  [
    ['x', 'ghp_0123456789abcdefghijABCD'],
    ['x', '[redacted]'],
  ],
  [
    ['x', 'a://u:p1@h b://v:p2@i'],
    ['x', 'a://u:[redacted]@h b://v:[redacted]@i'],
  ],
  [
    ['x', '-----BEGIN RSA PRIVATE KEY-----\nMII'],
    ['x', '[redacted]'],
  ],
];

for (const [argv, expected] of cases) {
  test(`redacts ${JSON.stringify(argv)}`, () => {
    assert.deepEqual(createRedactor()(argv), expected);
  });
}

test('takes patterns of the administrator and refuses what RE2 cannot do', () => {
  const redact = createRedactor([{ name: 'ticket', pattern: 'T-(?P<secret>\\d+)' }]);
  assert.deepEqual(redact(['x', 'T-12 T-34']), ['x', 'T-[redacted] T-[redacted]']);
  assert.throws(
    () => createRedactor([{ name: 'back', pattern: '(a)\\1' }]),
    (error) => error instanceof PinfoldError && error.code === 'RedactionInvalid',
  );
});

test(
  'ends on a pattern and text that a backtracking engine never finishes',
  { timeout: 60_000 },
  () => {
    const redact = createRedactor([{ name: 'evil', pattern: '^(?:(?:a+)+)+$' }]);
    const argument = `${'a'.repeat(1000)}!`;
    assert.deepEqual(redact([argument]), [argument]);
  },
);

test('bounds number and length of arguments', () => {
  const result = createRedactor()(Array.from({ length: 100 }, () => 'z'.repeat(5000)));
  assert.equal(result.length, 64);
  assert.ok(result.every((argument) => argument.length === 1024));
});
