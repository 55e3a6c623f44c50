/** What a path of a rule is on this machine, now. */
import { lstatSync, realpathSync } from 'node:fs';
import type { FileKind } from '../policy/ladder/types.js';

/** Errors that say that nothing is there under this name. */
const NOTHING_THERE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

/** A link, or what lies behind one, is nothing: rules name real objects. */
export const kindOf = (path: string): FileKind | undefined => {
  try {
    const status = lstatSync(path);
    if (status.isSymbolicLink() || realpathSync(path) !== path) return undefined;
    return status.isDirectory() ? 'Directory' : 'File';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (NOTHING_THERE.has(code)) return undefined;
    throw error;
  }
};
