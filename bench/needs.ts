/** What measuring the kernel side needs of the machine. */
import { existsSync, readFileSync } from 'node:fs';

/** One line for each thing that is missing. */
export const kernelGaps = (): readonly string[] => [
  ...(process.getuid?.() === 0 ? [] : ['root']),
  ...(existsSync('/sys/kernel/btf/vmlinux')
    ? []
    : ['kernel type information: /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF=y)']),
  ...(readFileSync('/proc/self/mounts', 'latin1').includes(' cgroup2 ')
    ? []
    : ['a cgroup v2 hierarchy: mount -t cgroup2 none /sys/fs/cgroup/unified']),
];
