/** Where the kubelet's cgroups are. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Below the root, by cgroup driver: on nodes of kubeadm and most others, and of kind. */
const PLACES: readonly string[] = [
  'kubepods.slice',
  'kubepods',
  'kubelet.slice/kubelet-kubepods.slice',
  'kubelet/kubepods',
];

/** The kubelet's cgroup, absolute, or undefined if it is in none of the places known. */
export const findKubepods = (cgroupRoot: string): string | undefined =>
  PLACES.map((place) => join(cgroupRoot, place)).find((directory) => existsSync(directory));
