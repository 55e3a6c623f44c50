/**
 * Scripts whose interpreter is a script: the kernel executes each, and by the time of the exec
 * event it holds the first and the last only. Those between are read from the files' first lines.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { uncloak } from '../policy/cloak.js';
import { resolvePath } from '../recorder/resolve.js';
import type { Lookup } from '../recorder/resolve.js';

/** What the kernel reads of a file to know its format: BINPRM_BUF_SIZE. */
const HEAD_BYTES = 256;
/** How often one exec goes on to another interpreter: exec_binprm in fs/exec.c. */
const MAX_DEPTH = 5;

const headOf = (root: string, path: string): string => {
  const name = Buffer.concat([Buffer.from(root === '/' ? '' : root), uncloak(path)]);
  try {
    // The workload may have put anything there since: a pipe would be waited for.
    const file = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      if (!fstatSync(file).isFile()) return '';
      const head = Buffer.alloc(HEAD_BYTES);
      return head.toString('latin1', 0, readSync(file, head, 0, HEAD_BYTES, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return ''; // gone, or closed to us: there is no telling what it named
  }
};

/** The absolute interpreter that a `#!` line names; undefined for anything else. */
const interpreterOf = (head: string): string | undefined =>
  /^#![ \t]*(\/[^ \t\n\0]*)[^\n]*(?:\n|$)/.exec(head)?.[1];

/**
 * Canonical paths of the scripts that ran between `script` and the program that interprets it.
 * `changed`: the root of the task that ran them, where a chroot changed it.
 */
export const scriptsBetween = (
  script: string,
  program: string,
  root: string,
  lookup: Lookup,
  changed = '/',
): readonly string[] => {
  const between: string[] = [];
  let at = script;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const named = interpreterOf(headOf(root, at));
    if (named === undefined) return []; // replaced since: a chain that leads elsewhere is no proof
    const request = { base: changed, root: changed, argument: named, followLast: true };
    const { path, doubt } = resolvePath(request, lookup);
    if (path === program) return between;
    if (doubt !== undefined) return [];
    between.push(path);
    at = path;
  }
  return [];
};
