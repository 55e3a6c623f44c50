import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PinfoldError } from '../../../src/errors.js';
import { writeAtomically } from '../../../src/recorder/output.js';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinfold-output-'));
});
after(() => rm(directory, { recursive: true }));

const isOutputFailed = (thrown: unknown): boolean =>
  thrown instanceof PinfoldError && thrown.code === 'OutputFailed' && thrown.cause !== undefined;

test('a new file is written whole, an old one replaced with its mode kept', async () => {
  const file = join(directory, 'profile.yaml');
  await writeAtomically(file, 'one\n');
  assert.equal((await stat(file)).mode & 0o777, 0o644);
  await writeFile(join(directory, 'private.yaml'), 'old', { mode: 0o600 });
  await writeAtomically(join(directory, 'private.yaml'), 'two\n');
  assert.equal((await stat(join(directory, 'private.yaml'))).mode & 0o777, 0o600);
  assert.equal(await readFile(file, 'utf8'), 'one\n');
  assert.deepEqual(await readdir(directory), ['private.yaml', 'profile.yaml']);
});

test('a symbolic link stays one; what it leads to is written', async () => {
  const link = join(directory, 'link.yaml');
  await symlink('profile.yaml', link);
  await writeAtomically(link, 'through\n');
  assert.equal(await readFile(join(directory, 'profile.yaml'), 'utf8'), 'through\n');
  assert.equal(await readFile(link, 'utf8'), 'through\n');
  await rm(link);
});

test('a pipe is written to, not replaced', async () => {
  const pipe = join(directory, 'pipe');
  execFileSync('/usr/bin/mkfifo', [pipe]);
  const [read] = await Promise.all([readFile(pipe, 'utf8'), writeAtomically(pipe, 'piped\n')]);
  assert.equal(read, 'piped\n');
  assert.ok((await stat(pipe)).isFIFO());
  await rm(pipe);
});

test('a failure leaves nothing behind and says OutputFailed', async () => {
  const occupied = join(directory, 'occupied');
  await mkdir(join(occupied, 'child'), { recursive: true });
  const before = await readdir(directory);
  await assert.rejects(writeAtomically(occupied, 'x'), isOutputFailed);
  await assert.rejects(writeAtomically(join(directory, 'missing', 'x.yaml'), 'x'), isOutputFailed);
  assert.deepEqual(await readdir(directory), before);
});
