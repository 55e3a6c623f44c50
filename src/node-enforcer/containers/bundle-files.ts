/** Where runtimes keep a container's OCI bundle, and what is read of it. */
import { readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PinfoldError, hasErrno, reasonOf } from '../../errors.js';
import { isPopulated } from '../cgroups.js';
import { readBundle } from './bundle.js';
import type { BundleSubject } from './bundle.js';
import { nameOfCgroup } from './cgroup-name.js';
import type { RuntimeName } from './cgroup-name.js';

/** Directories of bundles, the first that has the container counts: the runtime's own, k3s, MicroK8s. */
const BUNDLES: Readonly<Record<RuntimeName, readonly string[]>> = {
  containerd: [
    '/run/containerd/io.containerd.runtime.v2.task/k8s.io/ID',
    '/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/ID',
    '/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task/k8s.io/ID',
  ],
  'cri-o': [
    '/run/containers/storage/overlay-containers/ID/userdata',
    '/var/lib/containers/storage/overlay-containers/ID/userdata',
  ],
};

const PID_FILE: Readonly<Record<RuntimeName, string>> = {
  containerd: 'init.pid',
  'cri-o': 'pidfile',
};

/** Configurations have 5 to 60 KB; one far above is not read. */
const CONFIG_BYTES = 4 * 1024 * 1024;

const readIfThere = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (hasErrno(cause, 'ENOENT')) return undefined;
    throw cause;
  }
};

const readConfig = (file: string): string | undefined => {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > CONFIG_BYTES) throw new PinfoldError('FileTooLarge', { file, limit: CONFIG_BYTES });
  return readIfThere(file);
};

export interface BundleSearch {
  /** Where cgroup v2 is mounted. */
  readonly cgroupRoot: string;
  /** Where the node's root is seen from here; `/` on the node itself. */
  readonly nodeRoot: string;
}

/**
 * Who lives in the cgroup at `directory` (absolute). Undefined if it is not one that a runtime made for a
 * container or sandbox. @throws PinfoldError RuntimeUnknown, BundleUnreadable
 */
export const findBundle = (directory: string, search: BundleSearch): BundleSubject | undefined => {
  const name = nameOfCgroup(relative(search.cgroupRoot, directory));
  if (name.kind === 'Unknown') throw new PinfoldError('RuntimeUnknown', { cgroup: directory });
  if (name.kind !== 'Container') return undefined;
  const { podUid, containerId, runtime } = name;
  const bundles = BUNDLES[runtime].map((place) =>
    join(search.nodeRoot, place.replace('ID', containerId)),
  );
  try {
    for (const bundle of bundles) {
      const config = readConfig(join(bundle, 'config.json'));
      if (config === undefined) continue;
      const pid = Number(readIfThere(join(bundle, PID_FILE[runtime])) ?? 0);
      const place = {
        ...{ podUid, containerId, runtime, cgroupPath: directory },
        ...(Number.isSafeInteger(pid) && pid > 0 ? { pid } : {}),
        isPopulated: isPopulated(directory),
      };
      return readBundle(place, config);
    }
  } catch (cause) {
    if (cause instanceof PinfoldError && cause.code === 'BundleUnreadable') throw cause;
    const fields = { container: containerId, problem: reasonOf(cause) };
    throw new PinfoldError('BundleUnreadable', fields, { cause });
  }
  throw new PinfoldError('BundleUnreadable', {
    container: containerId,
    problem: `there is none in ${bundles.join(', ')}`,
  });
};
