/**
 * Where the cgroup of a pod or container is, from what the runtime was given for it. Two drivers:
 * cgroupfs names a path; systemd names a slice, whose path is spelled out in its name
 * (systemd.slice(5): `a-b.slice` is below `a.slice`), and `slice:prefix:id` for a scope in it (OCI runtimes).
 */
import { join } from 'node:path';

const SLICE = '.slice';

/** The path of a slice below the hierarchy's root, or undefined if that is no name of one. */
const slicePath = (slice: string): string | undefined => {
  if (slice === '-.slice') return '/';
  const name = slice.slice(0, -SLICE.length);
  const parts = name.split('-');
  if (!slice.endsWith(SLICE) || parts.includes('') || name.includes('/')) return undefined;
  return parts.reduce(
    (path, _, index) => `${path}/${parts.slice(0, index + 1).join('-')}${SLICE}`,
    '',
  );
};

/** A path that stays below the root, or undefined. */
const plainPath = (path: string): string | undefined =>
  path.split('/').some((part) => part === '..' || part === '.') ? undefined : path;

const scopePath = (cgroupsPath: string): string | undefined => {
  const [slice = '', prefix = '', id = '', ...more] = cgroupsPath.split(':');
  if (id === '' || more.length > 0 || /[/]/.test(prefix + id)) return undefined;
  const parent = slicePath(slice);
  // An id that is itself a slice gets no scope (runc and crun agree).
  const unit = id.endsWith(SLICE) ? id : `${prefix === '' ? '' : `${prefix}-`}${id}.scope`;
  return parent === undefined ? undefined : `${parent}/${unit}`;
};

/**
 * The directory of a container's cgroup from `linux.cgroupsPath` of its OCI configuration. `root`: where
 * cgroup v2 is mounted. Undefined if it has none of the forms or would lead elsewhere.
 */
export const containerCgroup = (root: string, cgroupsPath: string): string | undefined => {
  if (cgroupsPath === '') return undefined;
  const path = cgroupsPath.includes(':') ? scopePath(cgroupsPath) : plainPath(cgroupsPath);
  return path === undefined ? undefined : join(root, path);
};

/** The directory of a pod's cgroup from `cgroup_parent` of CRI: a path, or the name of a slice. */
export const podCgroup = (root: string, cgroupParent: string): string | undefined => {
  if (cgroupParent === '') return undefined;
  const path = cgroupParent.includes('/') ? plainPath(cgroupParent) : slicePath(cgroupParent);
  return path === undefined ? undefined : join(root, path);
};
