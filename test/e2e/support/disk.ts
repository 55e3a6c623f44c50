/** What the node boots from: Debian's newest with its kernel, our containerd and kubelet, the test images. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { imageBase } from '../../../scripts/image/base.js';
import { containerd, kubernetes } from '../../cluster/support/binaries.js';
import { testImages } from '../../images/test-images.js';
import { cached, keyOf } from '../../support/cache.js';
import { output } from '../../support/command.js';

const here = import.meta.dirname;
const list = join(here, 'debian-packages');

/** Debian as a tar file. About 90 s. */
const debian = async (): Promise<string> => {
  const packages = readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const folder = await cached({
    kind: 'node-debian',
    key: keyOf([list]),
    label: 'Debian sid for the node',
    kept: 2,
    make: async (draft) => {
      await output('mmdebstrap', [
        ...['--quiet', '--variant=minbase', `--include=${packages.join(',')}`],
        // A mirror can lag behind, and then its newest suite is past its date.
        '--aptopt=Acquire::Check-Valid-Until "false"',
        ...['doc', 'man', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
        ...['sid', join(draft, 'debian.tar')],
      ]);
    },
  });
  return join(folder, 'debian.tar');
};

/** Folder with `disk.qcow2`, `vmlinuz` and `initrd`. It becomes a machine in machine.ts. */
export const nodeDisk = async (): Promise<string> => {
  const images = [(await imageBase()).archive, ...(await testImages())];
  const parts = [await debian(), await kubernetes(), await containerd(), ...images];
  return cached({
    kind: 'node',
    // Names of what is cached are digests of what it was made from.
    key: keyOf([join(here, 'make-disk'), join(here, 'root')], parts),
    label: 'disk of the node',
    kept: 3,
    make: async (draft) => {
      await output(join(here, 'make-disk'), [draft, ...parts]);
    },
  });
};
