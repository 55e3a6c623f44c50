/** Paths of kernel events as canonical paths of the workload. */
import { decodePathBytes, encodePathBytes } from '../bpf/path-bytes.js';
import type { KernelPath } from '../bpf/events.js';
import type { PathObject } from '../policy/operation.js';
import { resolvePath } from '../recorder/resolve.js';
import type { Lookup } from '../recorder/resolve.js';
import { rootedLookup } from '../recorder/rooted-lookup.js';

const codec = {
  encode: encodePathBytes,
  decode: (bytes: Uint8Array): string => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return decodePathBytes(buffer, 0, buffer.length);
  },
};

/** `pid`: the task that named it; `root`: where its root is seen from here, `/` on the host. */
export type Resolver = (path: KernelPath, pid: number) => PathObject;

export const createResolver = (root = '/'): Resolver => {
  const lookup: Lookup = rootedLookup(root, codec);
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
