/**
 * The path that a caller's argument meant, worked out in user space after the fact. Weaker than a
 * walk from the object in the kernel: what may have changed meanwhile is said as a doubt.
 */
import type { PathDoubt, PathObject } from '../policy/operation.js';
import { pathOf, segmentsOf } from './tree.js';

/** What one name is, without following it. */
export type Found =
  /** `guess`: the target is a hint only (a magic link of another root). */
  | { readonly kind: 'Link'; readonly target: string; readonly guess?: boolean }
  | { readonly kind: 'Directory' }
  | { readonly kind: 'Other' }
  | { readonly kind: 'Missing' }
  | { readonly kind: 'Unreadable' };

/** Looks at an absolute path relative to the workload's root; all but its last name are no links. */
export type Lookup = (path: string) => Found;

export interface ResolveRequest {
  /** Canonical directory that a relative argument starts from, as the kernel walked it. */
  readonly base: string;
  /** As the caller passed it; empty: the base itself (AT_EMPTY_PATH). */
  readonly argument: string;
  /**
   * Whether a link in the last place is followed: yes for exec, open, chmod and truncate, no for
   * unlink, rename, symlink, link, mkdir, mknod and the l- variants. A trailing slash follows too.
   */
  readonly followLast: boolean;
  /**
   * The caller's root after a chroot, canonical: absolute names and links begin there, and `..` stops
   * there. Default: `/`.
   */
  readonly root?: string;
  /** The caller's process id as it sees itself: what `/proc/self` means. */
  readonly pid?: number;
}

/** Links that are followed before giving up: MAXSYMLINKS of include/linux/namei.h. */
const MAX_LINKS = 40;

interface Walk {
  readonly at: readonly string[];
  readonly rest: readonly string[];
  readonly links: number;
  readonly doubt?: PathDoubt;
}

const withDoubt = (path: string, doubt: PathDoubt | undefined): PathObject =>
  doubt === undefined ? { path } : { path, doubt };

/** The names below the root; what lies elsewhere (a working directory from before the chroot) whole. */
const belowRoot = (at: readonly string[], root: readonly string[]): readonly string[] =>
  root.every((name, index) => name === at[index]) ? at.slice(root.length) : at;

/** `..`, which does not lead out of the root. */
const above = (at: readonly string[], root: readonly string[]): readonly string[] =>
  belowRoot(at, root).length === 0 ? at : at.slice(0, -1);

/** What is left, by the text alone. `..` could mean another directory than the text says. */
const lexically = (walk: Walk, root: readonly string[]): PathObject => {
  let at = walk.at;
  let doubt = walk.doubt;
  for (const name of walk.rest) {
    if (name === '..') {
      at = above(at, root);
      doubt ??= 'Raced';
    } else if (name !== '.') at = [...at, name];
  }
  return withDoubt(pathOf(at), doubt);
};

const intoLink = (
  walk: Walk,
  root: readonly string[],
  found: Extract<Found, { kind: 'Link' }>,
): Walk => ({
  at: found.target.startsWith('/') ? root : walk.at,
  rest: [...segmentsOf(found.target), ...walk.rest.slice(1)],
  links: walk.links + 1,
  ...(walk.doubt !== undefined
    ? { doubt: walk.doubt }
    : found.guess === true && { doubt: 'Raced' as const }),
});

/** `/proc/self` would lead to the process that looks, not to the one that was seen. */
const own = (path: string, pid: number | undefined): Found | undefined => {
  if (path !== '/proc/self' && path !== '/proc/thread-self') return undefined;
  if (pid === undefined) return { kind: 'Unreadable' };
  const target = path === '/proc/self' ? String(pid) : `${String(pid)}/task/${String(pid)}`;
  return { kind: 'Link', target, guess: path === '/proc/thread-self' };
};

/** What is there. Links of a /proc below another root are told from the reader's root: a hint only. */
const look = (
  at: readonly string[],
  root: readonly string[],
  pid: number | undefined,
  lookup: Lookup,
): Found => {
  const below = belowRoot(at, root);
  const found = own(pathOf(below), pid) ?? lookup(pathOf(at));
  return found.kind === 'Link' &&
    below.length < at.length &&
    below[0] === 'proc' &&
    below.length > 2
    ? { ...found, guess: true }
    : found;
};

/** The canonical path; with `doubt` it is only the best guess. Never throws. */
export const resolvePath = (request: ResolveRequest, lookup: Lookup): PathObject => {
  const argument = request.argument.split('\0', 1)[0] ?? '';
  const followLast = request.followLast || argument.endsWith('/');
  const root = segmentsOf(request.root ?? '/');
  let walk: Walk = {
    at: argument.startsWith('/') ? root : segmentsOf(request.base),
    rest: segmentsOf(argument),
    links: 0,
  };
  for (;;) {
    const name = walk.rest[0];
    if (name === undefined) return withDoubt(pathOf(walk.at), walk.doubt);
    const rest = walk.rest.slice(1);
    if (name === '.' || name === '..') {
      walk = { ...walk, rest, at: name === '.' ? walk.at : above(walk.at, root) };
      continue;
    }
    const next = [...walk.at, name];
    if (rest.length === 0 && !followLast) return withDoubt(pathOf(next), walk.doubt);
    const found = look(next, root, request.pid, lookup);
    switch (found.kind) {
      case 'Link':
        if (walk.links >= MAX_LINKS) return lexically({ ...walk, doubt: 'Unreadable' }, root);
        // `pipe:[123]` and a deleted file's old name lead nowhere.
        if (/^\w+:|^$| \(deleted\)$/.test(found.target))
          return lexically({ ...walk, doubt: 'Unreadable' }, root);
        walk = intoLink(walk, root, found);
        break;
      case 'Directory':
        walk = { ...walk, at: next, rest };
        break;
      case 'Other':
        // The call succeeded, so it was a directory then: someone replaced it.
        if (rest.length > 0) return lexically({ ...walk, doubt: walk.doubt ?? 'Raced' }, root);
        walk = { ...walk, at: next, rest };
        break;
      case 'Missing':
        return lexically(walk, root);
      case 'Unreadable':
        return lexically({ ...walk, doubt: 'Unreadable' }, root);
    }
  }
};
