/**
 * One word of bits per path: what the profile's rules say about it, and what Landlock was told. From
 * it follows what the profile allows and what this machine will allow, access by access.
 */
import type { Access } from '../operation.js';
import type { EffectiveRules, PathRule } from '../rules.js';
import type { Grant } from './grant.js';
import { FS, MAKE, REMOVE } from './landlock-bits.js';
import { createPathTrie, type PathTrie } from './path-trie.js';
import type { KindOf } from './types.js';

export const ACCESS_BIT: Readonly<Record<Access, number>> = {
  Read: 1 << 0,
  Write: 1 << 1,
  Create: 1 << 2,
  Delete: 1 << 3,
  MapExecutable: 1 << 4,
  Attributes: 1 << 5,
};
const EXEC = 1 << 6;
const EVERY_ACCESS = EXEC - 1;
const DENIED = 7;
const GRANTED = 14;
const GRANT_BIT = {
  readFile: 1 << GRANTED,
  readDir: 2 << GRANTED,
  write: 4 << GRANTED,
  create: 8 << GRANTED,
  delete: 16 << GRANTED,
  execute: 32 << GRANTED,
  refer: 64 << GRANTED,
  unix: 128 << GRANTED,
} as const;

/** What can be done to one path, each judged by itself. */
export interface PathAbilities {
  readonly readFile: boolean;
  readonly readDirectory: boolean;
  readonly write: boolean;
  readonly create: boolean;
  readonly delete: boolean;
  readonly mapExecutable: boolean;
  readonly attributes: boolean;
  readonly exec: boolean;
  readonly unixConnect: boolean;
  /** Being the old name of a hard link. */
  readonly linkFrom: boolean;
}

/** What Landlock handles of the file system on this machine for this profile. */
export interface Handled {
  readonly files: boolean;
  readonly exec: boolean;
  readonly unix: boolean;
}

const accessBits = ({ access }: PathRule): number =>
  access === undefined ? EVERY_ACCESS : access.reduce((bits, each) => bits | ACCESS_BIT[each], 0);

/** The rules of a profile by path. */
export const trieOfRules = (rules: EffectiveRules): PathTrie => {
  const trie = createPathTrie();
  for (const rule of rules.files.allow ?? []) trie.addPattern(rule.pattern, accessBits(rule));
  for (const rule of rules.files.deny) trie.addPattern(rule.pattern, accessBits(rule) << DENIED);
  for (const rule of rules.exec.allow ?? []) trie.addPattern(rule.pattern, EXEC);
  for (const rule of rules.exec.deny) trie.addPattern(rule.pattern, EXEC << DENIED);
  return trie;
};

const bitsOfRights = (rights: number): number =>
  (rights & FS.readFile ? GRANT_BIT.readFile : 0) |
  (rights & FS.readDir ? GRANT_BIT.readDir : 0) |
  (rights & FS.writeFile ? GRANT_BIT.write : 0) |
  (rights & MAKE ? GRANT_BIT.create : 0) |
  (rights & REMOVE ? GRANT_BIT.delete : 0) |
  (rights & FS.execute ? GRANT_BIT.execute : 0) |
  (rights & FS.refer ? GRANT_BIT.refer : 0) |
  (rights & FS.resolveUnix ? GRANT_BIT.unix : 0);

/**
 * Adds what Landlock is told. A rule on a directory holds for it and all below; creating, deleting
 * and moving are asked of the parent, so they hold strictly below.
 */
export const addGrants = (trie: PathTrie, grants: Iterable<Grant>, kindOf: KindOf): void => {
  const ofParent = GRANT_BIT.create | GRANT_BIT.delete | GRANT_BIT.refer;
  for (const { path, rights } of grants) {
    const bits = bitsOfRights(rights);
    trie.addPath(path, bits & ~ofParent, kindOf(path) === 'Directory' ? bits : 0);
  }
};

const allows = (bits: number, wanted: number): boolean =>
  (bits & wanted) !== 0 && (bits & (wanted << DENIED)) === 0;

/** Whether a deny rule names this access (`exec`: running) of a path with these bits. */
export const isDenied = (bits: number, access: Access | 'exec'): boolean =>
  (bits & ((access === 'exec' ? EXEC : ACCESS_BIT[access]) << DENIED)) !== 0;

/** What the profile allows of a path with these bits. */
export const byProfile = (rules: EffectiveRules, bits: number): PathAbilities => {
  const listed = rules.files.allow !== undefined;
  const runs = rules.exec.allow !== undefined;
  const can = (access: Access): boolean =>
    listed ? allows(bits, ACCESS_BIT[access]) : !isDenied(bits, access);
  // Mapping is running, unless a files rule allows it by name (judge.ts).
  const mappable = isDenied(bits, 'exec') ? false : runs ? allows(bits, EXEC) : !listed;
  return {
    readFile: can('Read'),
    readDirectory: can('Read'),
    write: can('Write'),
    create: can('Create'),
    delete: can('Delete'),
    mapExecutable:
      !isDenied(bits, 'MapExecutable') && ((bits & ACCESS_BIT.MapExecutable) !== 0 || mappable),
    attributes: can('Attributes'),
    exec: runs ? allows(bits, EXEC) : !isDenied(bits, 'exec'),
    unixConnect: can('Write'),
    linkFrom: can('Write'),
  };
};

/** What Landlock will allow of a path with these bits; what it has no right for is allowed. */
export const byLandlock = (handled: Handled, bits: number): PathAbilities => {
  const granted = (bit: number): boolean => (bits & bit) !== 0;
  const files = (bit: number): boolean => !handled.files || granted(bit);
  return {
    readFile: files(GRANT_BIT.readFile),
    readDirectory: files(GRANT_BIT.readDir),
    write: files(GRANT_BIT.write),
    create: files(GRANT_BIT.create),
    delete: files(GRANT_BIT.delete),
    // Both need the file to be opened for reading first.
    mapExecutable: files(GRANT_BIT.readFile),
    exec: (!handled.exec || granted(GRANT_BIT.execute)) && files(GRANT_BIT.readFile),
    attributes: true,
    // A socket that a member made itself is exempt.
    unixConnect: !handled.unix || granted(GRANT_BIT.unix | GRANT_BIT.create),
    linkFrom: files(GRANT_BIT.create | GRANT_BIT.refer),
  };
};
