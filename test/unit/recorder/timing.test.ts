import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timingDependent } from '../../../src/recorder/timing.js';

void test('what leads to a call that timing decides brings it along, where the ABI has it', () => {
  assert.deepEqual(timingDependent('x86_64', new Set()), []);
  assert.deepEqual(timingDependent('x86_64', new Set(['read'])), ['restart_syscall']);
  assert.deepEqual(timingDependent('x86_64', new Set(['rt_sigaction', 'restart_syscall'])), [
    'rt_sigreturn',
  ]);
  assert.deepEqual(timingDependent('x86_64', new Set(['clone3', 'restart_syscall'])), [
    'futex',
    'sched_yield',
  ]);
  assert.deepEqual(timingDependent('x86', new Set(['clone', 'futex', 'mmap2', 'munmap'])), [
    'futex_time64',
    'madvise',
    'restart_syscall',
    'sched_yield',
  ]);
});

void test('Go brings along how it interrupts its threads; threads alone do not', () => {
  const threads = ['clone', 'futex', 'sched_yield', 'restart_syscall', 'gettid'];
  assert.deepEqual(timingDependent('x86_64', new Set(threads)), []);
  assert.deepEqual(timingDependent('x86_64', new Set([...threads, 'sigaltstack'])), [
    'getpid',
    'tgkill',
  ]);
});

void test('a restart that was recorded is not brought along again', () => {
  assert.deepEqual(timingDependent('aarch64', new Set(['read', 'restart_syscall'])), []);
});
