import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeLadder, percentEncode } from '../../../src/policy/ladder/encode.js';
import { planLadder } from '../../../src/policy/ladder/plan.js';
import { machine, profile } from './profiles.js';

test('a plan becomes the launcher’s lines', () => {
  const rules = profile({
    files: [['/tmp/a b%\n/**', ['Read']]],
    capabilities: ['CHOWN', 'SETPCAP'],
    syscalls: ['read', 'open_tree'],
    forbid: ['Mount', 'Bpf'],
  });
  const text = encodeLadder(planLadder(rules, machine));
  assert.deepEqual(text.split('\n'), [
    'no_new_privs',
    'capabilities_keep\t101',
    `landlock_handled\t${(1 << 15) - 2}\t0\t0`,
    'landlock_path\t12\t/tmp/a%20b%25%0A',
    'seccomp_default\terrno:1',
    'seccomp_arch\tx86_64',
    'seccomp_rule\tx86_64\t0\tallow',
    'seccomp_rule\tx86_64\t428\tallow',
    'seccomp_rule\tx86_64\t428\terrno:1\t2:maskeq:1:1',
    'end',
    '',
  ]);
});

test('a profile that limits nothing is an empty plan', () => {
  assert.equal(encodeLadder(planLadder(profile({}), machine)), 'end\n');
});

test('percent coding keeps every byte of a path', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
      const cloaked = Array.from(bytes, (byte) =>
        byte < 0x80 ? String.fromCharCode(byte) : String.fromCharCode(0xdc00 + byte),
      ).join('');
      const coded = percentEncode(cloaked);
      assert.match(coded, /^[!-~]*$/);
      const decoded = coded.replace(/%([0-9A-F]{2})/g, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 16)),
      );
      assert.deepEqual(
        Uint8Array.from(decoded, (one) => one.charCodeAt(0)),
        bytes,
      );
    }),
  );
  assert.equal(percentEncode('/ü'), '/%C3%BC');
});
