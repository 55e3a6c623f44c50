/**
 * What the path of a cgroup below the kubelet's says: which pod, which container, which runtime. Forms are those
 * of the kubelet's two cgroup drivers and of the runtimes' scopes; the kubelet may be told to put all of it below
 * another cgroup (kind does: `/kubelet.slice/kubelet-kubepods.slice/...`).
 */

export type RuntimeName = 'containerd' | 'cri-o';

export type CgroupName =
  | { readonly kind: 'Pod'; readonly podUid: string }
  | {
      readonly kind: 'Container';
      readonly podUid: string;
      readonly containerId: string;
      readonly runtime: RuntimeName;
    }
  /** In a pod, and of a form that no runtime known here has. */
  | { readonly kind: 'Unknown'; readonly podUid: string }
  /** The runtime's own monitor beside a container. */
  | { readonly kind: 'Monitor' }
  /** Made within a container, by what runs in it; it inherits. */
  | { readonly kind: 'Inner' }
  /** Of no pod: the slices of quality of service, and everything else. */
  | { readonly kind: 'Other' };

const ID = '[0-9a-f]{64}';

/** `kubepods-burstable-pod<uid with _ for ->.slice` (systemd) or `pod<uid>` (cgroupfs). */
const POD_SLICE = /^(?:.*-)?kubepods(?:-burstable|-besteffort)?-pod([0-9a-f_]+)\.slice$/;
const POD_DIRECTORY = /^pod([0-9a-f-]+)$/;

const SCOPES: readonly (readonly [RegExp, RuntimeName])[] = [
  [new RegExp(`^cri-containerd-(${ID})\\.scope$`), 'containerd'],
  // With the cgroupfs driver containerd uses the bare id.
  [new RegExp(`^(${ID})$`), 'containerd'],
  [new RegExp(`^crio-(${ID})(?:\\.scope)?$`), 'cri-o'],
];

const MONITOR = new RegExp(`^crio-conmon-${ID}(?:\\.scope)?$`);

/** A directory `pod<uid>` counts only below `kubepods`: the name alone is too common. */
const podUidOf = (part: string, before: readonly string[]): string | undefined => {
  const slice = POD_SLICE.exec(part)?.[1];
  if (slice !== undefined) return slice.replaceAll('_', '-');
  return before.includes('kubepods') ? POD_DIRECTORY.exec(part)?.[1] : undefined;
};

const inPod = (podUid: string, part: string): CgroupName => {
  if (MONITOR.test(part)) return { kind: 'Monitor' };
  for (const [form, runtime] of SCOPES) {
    const containerId = form.exec(part)?.[1];
    if (containerId !== undefined) return { kind: 'Container', podUid, containerId, runtime };
  }
  return { kind: 'Unknown', podUid };
};

/** `path` is relative to where cgroup v2 is mounted. */
export const nameOfCgroup = (path: string): CgroupName => {
  const parts = path.split('/').filter((part) => part !== '');
  for (const [index, part] of parts.entries()) {
    const podUid = podUidOf(part, parts.slice(0, index));
    if (podUid === undefined) continue;
    const [below, ...deeper] = parts.slice(index + 1);
    if (below === undefined) return { kind: 'Pod', podUid };
    return deeper.length > 0 ? { kind: 'Inner' } : inPod(podUid, below);
  }
  return { kind: 'Other' };
};
