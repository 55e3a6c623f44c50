import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  CAPABILITIES,
  capabilitiesIn,
  capabilityMask,
  capabilityNumber,
} from '../../../src/policy/capabilities.js';
import { ARCHITECTURES, type Architecture } from '../../../src/policy/operation.js';
import {
  X32_SYSCALL_BIT,
  syscallName,
  syscallNames,
  syscallNumber,
} from '../../../src/policy/syscalls.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('the tables are what the X-macro lists give', () => {
  const run = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'scripts/generate-names.ts', '--check'],
    { cwd: root, encoding: 'utf8' },
  );
  assert.equal(run.stderr, '');
  assert.equal(run.status, 0);
});

test('names and numbers are each other’s inverse on every ABI', () => {
  for (const architecture of ARCHITECTURES)
    for (const name of syscallNames(architecture)) {
      const number = syscallNumber(architecture, name);
      assert.ok(number !== undefined);
      assert.equal(syscallName(architecture, number), name);
    }
});

test('known numbers', () => {
  const known: readonly [Architecture, string, number | undefined][] = [
    ['x86_64', 'execve', 59],
    ['x86', 'execve', 11],
    ['x32', 'execve', X32_SYSCALL_BIT + 520],
    ['aarch64', 'execve', 221],
    ['arm', 'execve', 11],
    ['arm', 'set_tls', 0xf0005],
    ['x86_64', 'uprobe', 336],
    ['aarch64', 'file_setattr', 469],
    ['aarch64', 'open', undefined],
    ['arm', 'memfd_secret', undefined],
  ];
  for (const [architecture, name, number] of known)
    assert.equal(syscallNumber(architecture, name), number, `${architecture} ${name}`);
  assert.equal(syscallName('x32', 520), 'execve');
  assert.equal(syscallName('x86_64', 100_000), undefined);
});

const headers: readonly [Architecture, string][] = [
  ['x86_64', 'unistd_64.h'],
  ['x86', 'unistd_32.h'],
  ['x32', 'unistd_x32.h'],
];
for (const [architecture, header] of headers) {
  const file = `/usr/include/x86_64-linux-gnu/asm/${header}`;
  test(
    `${architecture} agrees with the kernel’s header`,
    { skip: existsSync(file) ? false : `${file} is not installed` },
    () => {
      const define = /#define __NR_(\w+) (?:\(__X32_SYSCALL_BIT \+ )?(\d+)\)?/g;
      const entries = [...readFileSync(file, 'utf8').matchAll(define)];
      assert.ok(entries.length > 300);
      for (const [, name = '', number] of entries)
        assert.equal(
          syscallNumber(architecture, name),
          Number(number) + (architecture === 'x32' ? X32_SYSCALL_BIT : 0),
          name,
        );
    },
  );
}

test('capabilities are 41, numbered by position', () => {
  assert.equal(CAPABILITIES.length, 41);
  assert.equal(capabilityNumber('CHECKPOINT_RESTORE'), 40);
  assert.equal(capabilityNumber('NET_BIND_SERVICE'), 10);
  assert.equal(capabilityNumber('CAP_CHOWN'), undefined);
  assert.equal(capabilityMask(['CHOWN', 'CHECKPOINT_RESTORE', 'NONE']), (1n << 40n) | 1n);
  assert.deepEqual(capabilitiesIn((1n << 63n) | 0b100001n), ['CHOWN', 'KILL']);
});
