/** The command line as a process of its own: what only a process shows. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { directoryWith, profileFile } from './support.js';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');
const ARGS = ['--import', TSX, MAIN];

/** Without what the tests' own environment may hold of ours. */
const ENV = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('PINFOLD_')),
);

const run = (argv: readonly string[], input = '') =>
  spawnSync(process.execPath, [...ARGS, ...argv], { encoding: 'utf8', input, env: ENV });

const start = (argv: readonly string[]): ChildProcessByStdio<null, Readable, Readable> =>
  spawn(process.execPath, [...ARGS, ...argv], { env: ENV, stdio: ['ignore', 'pipe', 'pipe'] });

test('prints its version', () => {
  const { status, stdout, stderr } = run(['--version']);
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('ends with status and message of a failure', () => {
  const { status, stdout, stderr } = run(['merge', '/nonexistent.yaml']);
  assert.deepEqual([status, stdout], [7, '']);
  assert.match(stderr, /^error: FileUnreadable: /);
});

test('reads standard input', () => {
  const { status, stdout } = run(['merge', '-'], profileFile('web', '{ exec: { allow: [] } }'));
  assert.equal(status, 0);
  assert.match(stdout, /name: web/);
});

test('a reader that goes away ends it silently', async (t) => {
  const many = Array.from({ length: 1000 }, (_, n) => `{ path: /usr/lib/some/library-${n} }`);
  const directory = directoryWith(t, {
    'a.yaml': profileFile('a', `{ exec: { allow: [${many.join(', ')}] } }`),
  });
  const child = start(['merge', join(directory, 'a.yaml')]);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.destroy();
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.deepEqual([status, signal, stderr], [0, null, '']);
});

test('a full disk under standard output is an error', (t) => {
  const directory = directoryWith(t, { 'a.yaml': profileFile('a', '{ exec: { allow: [] } }') });
  const full = openSync('/dev/full', 'w');
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      [...ARGS, 'merge', join(directory, 'a.yaml')],
      { encoding: 'utf8', env: ENV, stdio: ['ignore', full, 'pipe'] },
    );
    assert.equal(status, 6);
    assert.match(stderr, /^error: OutputFailed: standard output cannot be written: ENOSPC/);
  } finally {
    closeSync(full);
  }
});

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  test(`${signal} ends logs -f in order`, { timeout: 30_000 }, async (t) => {
    const log = join(directoryWith(t, { 'audit.jsonl': 'rubbish\n' }), 'audit.jsonl');
    const child = start(['logs', '-f', '--audit-log', log]);
    // The complaint about the line shows that it follows.
    await once(child.stderr, 'data');
    child.kill(signal);
    const [status, by] = (await once(child, 'close')) as [number | null, string | null];
    assert.deepEqual([status, by], [3, null]);
  });
