/** A file system of a few pages, mounted for one test: the real "no space left". */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { reasonOf } from '../../../src/errors.js';

/** A fresh directory that goes away with the test. */
export const temporaryDirectory = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'pinfold-test-'));
  t.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
};

/** Mounts a tmpfs until the test ends; `undefined`, and the test marked as skipped, without the right to. */
export const smallTmpfs = (t: TestContext, size: string): string | undefined => {
  const directory = mkdtempSync(join(tmpdir(), 'pinfold-test-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'pinfold-test', directory], {
      stdio: 'pipe',
    });
  } catch (error) {
    rmdirSync(directory);
    t.skip(`mounting a tmpfs needs root: ${reasonOf(error)}`);
    return undefined;
  }
  t.after(() => {
    // Lazily: a test that failed may still hold a file open in it.
    execFileSync('umount', ['--lazy', directory]);
    rmdirSync(directory);
  });
  return directory;
};
