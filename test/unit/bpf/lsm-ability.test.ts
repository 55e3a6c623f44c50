import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { lsmShortfall } from '../../../src/bpf/lsm-ability.js';
import type { LsmFacts } from '../../../src/bpf/lsm-ability.js';

const ABLE: LsmFacts = { btf: true, list: 'lockdown,capability,bpf\n', refusal: () => 0 };

const CASES: readonly (readonly [string, Partial<LsmFacts>, string | undefined])[] = [
  ['all is there', {}, undefined],
  ['no types', { btf: false }, 'BtfMissing'],
  ['securityfs is not mounted', { list: undefined }, 'LsmListUnknown'],
  ['bpf is not in the list', { list: 'landlock,capability' }, 'NotInLsmList'],
  ['a module whose name begins so', { list: 'bpfilter' }, 'NotInLsmList'],
  ['the hook is missing', { refusal: () => constants.errno.ENOENT }, 'LsmHookMissing'],
  ['lockdown', { refusal: () => constants.errno.EPERM }, 'LsmRefused'],
];

for (const [name, facts, code] of CASES)
  test(`BPF LSM: ${name}`, () => {
    assert.equal(lsmShortfall({ ...ABLE, ...facts })?.code, code);
  });

test('BPF LSM: it is said which list to boot with, and the errno', () => {
  assert.match(
    lsmShortfall({ ...ABLE, list: 'landlock,yama' })?.remedy ?? '',
    /lsm=landlock,yama,bpf$/,
  );
  assert.match(
    lsmShortfall({ ...ABLE, refusal: () => constants.errno.EPERM })?.message ?? '',
    /\(EPERM\)$/,
  );
});
