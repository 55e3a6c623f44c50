/** What a path of a rule is on this machine, now. */
import { lstatSync, realpathSync } from 'node:fs';
import { hasErrno } from '../errors.js';
import type { FileKind } from '../policy/ladder/types.js';

/** A link, or what lies behind one, is nothing: rules name real objects. */
export const kindOf = (path: string): FileKind | undefined => {
  try {
    const status = lstatSync(path);
    if (status.isSymbolicLink() || realpathSync(path) !== path) return undefined;
    return status.isDirectory() ? 'Directory' : 'File';
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
};
