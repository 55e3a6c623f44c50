import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelPath } from '../../../src/bpf/events.js';
import { createResolver } from '../../../src/node-enforcer/resolver.js';

const resolve = createResolver();
const walked = (path: string, more: Partial<KernelPath> = {}): KernelPath => ({
  walked: path,
  deleted: false,
  fileless: false,
  follow: false,
  ...more,
});

void test('what O_TMPFILE was refused is a file without a name in that directory', () => {
  const asked = walked('/', { argument: 'none/such', follow: true, unnamed: true });
  assert.deepEqual(resolve(asked, 1), { path: '/none/such/#*' });
  assert.deepEqual(resolve(walked('/none', { argument: '', unnamed: true }), 1), {
    path: '/none/#*',
  });
});

void test('what it gave is what the kernel calls it', () => {
  const given = walked('/none/#7', { deleted: true, unnamed: true });
  assert.deepEqual(resolve(given, 1), { path: '/none/#7', deleted: true });
});

void test('a memfd is called as its maker called it, whatever else the walk says', () => {
  const memfd = walked('/memfd:a/b', { fileless: true, deleted: true, doubt: 'ForeignRoot' });
  assert.deepEqual(resolve(memfd, 1), { path: 'memfd:a/b', fileless: true });
});

void test('an argument after chroot begins at the new root; where that is unknown, so is the path', () => {
  const asked = { argument: '/a', root: walked('/none/jail') };
  assert.deepEqual(resolve(walked('/', asked), 1), { path: '/none/jail/a' });
  const foreign = walked('/', { argument: '/a', root: walked('/', { doubt: 'ForeignRoot' }) });
  assert.deepEqual(resolve(foreign, 1), { path: '/a', doubt: 'ForeignRoot' });
});
