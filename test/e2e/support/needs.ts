/** What a node needs of the machine; what is missing is the reason why tests are skipped. */
import { lacksPrograms, skipOwnCluster } from '../../cluster/support/needs.js';
import { areBuilt } from '../../cluster/support/binaries.js';
import { findGo } from '../../cluster/support/go.js';

const programs = ['qemu-system-x86_64', 'qemu-img', 'mmdebstrap', 'mkfs.ext4', 'busybox', 'gcc'];

/** Why there can be no node, or false. */
export const skip: string | false =
  process.arch !== 'x64'
    ? 'needs an x86-64 host, for the node is one'
    : process.getuid?.() !== 0
      ? 'needs root, to make the disk of the node'
      : lacksPrograms(...programs) ||
        skipOwnCluster ||
        (!areBuilt('containerd') && findGo() === undefined && 'needs Go, to build containerd');
