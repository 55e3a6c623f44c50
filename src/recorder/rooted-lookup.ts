/** Looks at names below the root of another process, `/proc/<pid>/root`, without leaving it. */
import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { errnoOf, reasonOf } from '../errors.js';
import { cloak, uncloak } from '../policy/cloak.js';
import type { Found, Lookup } from './resolve.js';

/** Links that the kernel makes up; their text is as the reader sees it, not as the process does. */
const MAGIC = /^\/proc\/(?:\d+)(?:\/task\/\d+)?\/(?:fd\/\d+|cwd|root|exe|map_files\/[^/]+)$/;

const sameRoot = (root: string): boolean => {
  try {
    const theirs = statSync(`${root}/`);
    const ours = statSync('/');
    return theirs.dev === ours.dev && theirs.ino === ours.ino;
  } catch {
    // Gone or closed to us: the lookups below will say so themselves.
    return false;
  }
};

/**
 * `root` is a directory such as `/proc/1234/root`, or `/`. Synchronous: one call looks at one name.
 * A process that ended makes every name `Missing`.
 */
export const rootedLookup = (root: string): Lookup => {
  const prefix = root === '/' ? '' : root.replace(/\/+$/, '');
  const ours = sameRoot(root);
  return (path): Found => {
    const name = Buffer.concat([Buffer.from(prefix), uncloak(path)]);
    try {
      const status = lstatSync(name);
      if (status.isSymbolicLink()) {
        const target = cloak(readlinkSync(name, { encoding: 'buffer' }));
        return { kind: 'Link', target, guess: !ours && MAGIC.test(path) };
      }
      return { kind: status.isDirectory() ? 'Directory' : 'Other' };
    } catch (thrown) {
      const code = errnoOf(thrown) ?? reasonOf(thrown);
      return { kind: code === 'ENOENT' || code === 'ENOTDIR' ? 'Missing' : 'Unreadable' };
    }
  };
};
