/** Calls that act on names or descriptors: which argument is what, and what it is needed for. */
import type { Access } from '../../../src/policy/operation.js';

interface Target {
  /** Argument that holds the path; absent: the descriptor itself is meant. */
  readonly path?: number;
  /** Argument that holds the directory's descriptor, or the object's own. */
  readonly directory?: number;
  readonly access: Access;
  readonly follow?: boolean;
  /** Argument with AT_* flags. */
  readonly flags?: number;
}

const named = (path: number, access: Access, follow = false): Target => ({ path, access, follow });
const at = (directory: number, access: Access, follow = false, flags?: number): Target => ({
  directory,
  path: directory + 1,
  access,
  follow,
  ...(flags === undefined ? {} : { flags }),
});
const held = (access: Access): Target => ({ directory: 0, access });

/** By the names that strace prints (man 2 of each). */
const NAMED: Readonly<Record<string, readonly Target[]>> = {
  unlink: [named(0, 'Delete')],
  rmdir: [named(0, 'Delete')],
  unlinkat: [at(0, 'Delete')],
  mkdir: [named(0, 'Create')],
  mkdirat: [at(0, 'Create')],
  mknod: [named(0, 'Create')],
  mknodat: [at(0, 'Create')],
  symlink: [named(1, 'Create')],
  symlinkat: [at(1, 'Create')],
  link: [named(0, 'Write'), named(1, 'Create')],
  linkat: [at(0, 'Write', false, 4), at(2, 'Create')],
  rename: [named(0, 'Delete'), named(1, 'Create')],
  renameat: [at(0, 'Delete'), at(2, 'Create')],
  renameat2: [at(0, 'Delete'), at(2, 'Create')],
  truncate: [named(0, 'Write', true)],
  truncate64: [named(0, 'Write', true)],
  ftruncate: [held('Write')],
  ftruncate64: [held('Write')],
  chmod: [named(0, 'Attributes', true)],
  fchmod: [held('Attributes')],
  fchmodat: [at(0, 'Attributes', true)],
  fchmodat2: [at(0, 'Attributes', true, 3)],
  chown: [named(0, 'Attributes', true)],
  chown32: [named(0, 'Attributes', true)],
  lchown: [named(0, 'Attributes')],
  lchown32: [named(0, 'Attributes')],
  fchown: [held('Attributes')],
  fchown32: [held('Attributes')],
  fchownat: [at(0, 'Attributes', true, 4)],
  utime: [named(0, 'Attributes', true)],
  utimes: [named(0, 'Attributes', true)],
  futimesat: [at(0, 'Attributes', true)],
  utimensat: [at(0, 'Attributes', true, 3)],
  utimensat_time64: [at(0, 'Attributes', true, 3)],
  setxattr: [named(0, 'Attributes', true)],
  lsetxattr: [named(0, 'Attributes')],
  fsetxattr: [held('Attributes')],
  removexattr: [named(0, 'Attributes', true)],
  lremovexattr: [named(0, 'Attributes')],
  fremovexattr: [held('Attributes')],
};

/** What a call acts on; nothing for calls that act on no name and change no object. */
export const targetsOf = (name: string, args: readonly string[]): readonly Target[] => {
  const targets = NAMED[name] ?? [];
  if (name !== 'renameat2' || args[4]?.includes('RENAME_EXCHANGE') !== true) return targets;
  return [...targets, at(0, 'Create'), at(2, 'Delete')];
};

/** Whether the last link is followed, given what the call's flags say. */
export const follows = (target: Target, args: readonly string[]): boolean => {
  const flags = target.flags === undefined ? '' : (args[target.flags] ?? '');
  if (flags.includes('AT_SYMLINK_NOFOLLOW')) return false;
  return (target.follow ?? false) || flags.includes('AT_SYMLINK_FOLLOW');
};
