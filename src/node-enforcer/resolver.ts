/** Paths of kernel events as canonical paths of the workload. */
import type { KernelPath } from '../bpf/events.js';
import type { PathObject } from '../policy/operation.js';
import { resolvePath } from '../recorder/resolve.js';
import type { Lookup } from '../recorder/resolve.js';
import { rootedLookup } from '../recorder/rooted-lookup.js';

/** `pid`: the task that named it; `root`: where its root is seen from here, `/` on the host. */
export type Resolver = (path: KernelPath, pid: number) => PathObject;

export const createResolver = (root = '/'): Resolver => {
  const lookup: Lookup = rootedLookup(root);
  return (path, pid) => {
    const marks = {
      ...(path.deleted ? { deleted: true as const } : {}),
      ...(path.fileless ? { fileless: true as const } : {}),
    };
    if (path.argument === undefined || path.doubt !== undefined)
      return {
        path: path.argument === undefined ? path.walked : joined(path.walked, path.argument),
        ...(path.doubt === undefined ? {} : { doubt: path.doubt }),
        ...marks,
      };
    return {
      ...resolvePath(
        { base: path.walked, argument: path.argument, followLast: path.follow, pid },
        lookup,
      ),
      ...marks,
    };
  };
};

const joined = (base: string, argument: string): string =>
  argument.startsWith('/') ? argument : `${base === '/' ? '' : base}/${argument}`;
