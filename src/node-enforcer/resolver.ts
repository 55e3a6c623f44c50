/** Paths of kernel events as canonical paths of the workload. */
import type { KernelPath } from '../bpf/events.js';
import type { PathObject } from '../policy/operation.js';
import { resolvePath } from '../recorder/resolve.js';
import type { Lookup } from '../recorder/resolve.js';
import { rootedLookup } from '../recorder/rooted-lookup.js';
import { scriptsBetween } from './scripts.js';

/** What stands for every name that the kernel makes up for O_TMPFILE. */
const UNNAMED = '#*';

/** `pid`: the task that named it. */
export interface Resolver {
  (path: KernelPath, pid: number): PathObject;
  /** Canonical paths of the scripts that ran between a script and the program that interprets it. */
  readonly between?: (
    script: string,
    program: string,
    pid: number,
    changedRoot?: string,
  ) => readonly string[];
}

/** Nothing can be looked at any more: names stay as they were given. */
const nothingThere: Lookup = () => ({ kind: 'Missing' });

/** `rootOf`: where a task's root is seen from here; undefined: it and its kind are gone. */
export const createResolver = (
  rootOf: (pid: number) => string | undefined = () => '/',
): Resolver => {
  let last: { readonly root: string | undefined; readonly lookup: Lookup } | undefined;
  const lookupFor = (root: string | undefined): Lookup => {
    if (last?.root !== root || last === undefined)
      last = { root, lookup: root === undefined ? nothingThere : rootedLookup(root) };
    return last.lookup;
  };
  const resolve = (path: KernelPath, pid: number): PathObject => {
    // Nearly all: what the kernel read from the object and has no doubt about.
    if (path.argument === undefined && path.doubt === undefined && !path.deleted && !path.fileless)
      return { path: path.walked };
    // Its own name stands at the top of its own tree, which no path leads to.
    if (path.fileless) return { path: path.walked.slice(1), fileless: true };
    const marks = {
      ...(path.deleted ? { deleted: true as const } : {}),
    };
    const { argument, root: changed } = path;
    const doubt = path.doubt ?? changed?.doubt;
    if (argument === undefined || doubt !== undefined)
      return {
        path: argument === undefined ? path.walked : joined(path.walked, argument),
        ...(doubt === undefined ? {} : { doubt }),
        ...marks,
      };
    const found = resolvePath(
      {
        base: path.walked,
        argument,
        followLast: path.follow,
        pid,
        ...(changed && { root: changed.walked }),
      },
      lookupFor(rootOf(pid)),
    );
    return { ...found, ...marks, ...(path.unnamed && { path: joined(found.path, UNNAMED) }) };
  };
  return Object.assign(resolve, {
    between: (script: string, program: string, pid: number, changedRoot?: string) => {
      const root = rootOf(pid);
      return root === undefined
        ? []
        : scriptsBetween(script, program, root, lookupFor(root), changedRoot);
    },
  });
};

const joined = (base: string, argument: string): string =>
  argument.startsWith('/') ? argument : `${base === '/' ? '' : base}/${argument}`;
