/** The lower layers of our image, which change seldom: Debian without documents, and Node. */
import { join } from 'node:path';
import { cached, keyOf } from '../../test/support/cache.js';
import { output } from '../../test/support/command.js';
import { REPRODUCIBLE } from './archive.js';
import { imageNode, imagePackages } from './lists.js';

/** The Debian of the host that builds: what is compiled there must find its libraries. */
const SUITE = 'bookworm';

const unwanted = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*'];

const NODE_PACKAGE = `node-linux-${process.arch}`;

/** Tar files, the lowest first. */
export const baseLayers = async (): Promise<readonly string[]> => {
  const folder = await cached({
    kind: 'image-base',
    key: keyOf([import.meta.filename], [imageNode(), ...imagePackages()]),
    label: `Debian ${SUITE} with Node ${imageNode()}`,
    make: async (draft) => {
      await output('mmdebstrap', [
        ...['--quiet', '--variant=essential', `--include=${imagePackages().join(',')}`],
        ...unwanted.map((path) => `--dpkgopt=path-exclude=${path}`),
        // Licences stay: they are owed to whoever gets the image.
        '--dpkgopt=path-include=/usr/share/doc/*/copyright',
        '--skip=output/dev',
        ...[SUITE, join(draft, '1-debian.tar')],
      ]);
      // The registry serves the very program that nodejs.org does.
      const wanted = `${NODE_PACKAGE}@${imageNode()}`;
      const packed = await output('npm', ['pack', '--silent', wanted], { cwd: draft });
      const archive = join(draft, packed.trim());
      const rootfs = join(draft, 'node');
      await output('mkdir', ['-p', join(rootfs, 'usr/local')]);
      const program = ['--strip-components=1', 'package/bin/node', 'package/LICENSE'];
      await output('tar', ['-xf', archive, '-C', join(rootfs, 'usr/local'), ...program]);
      await output('tar', [...REPRODUCIBLE, '-cf', join(draft, '2-node.tar'), '-C', rootfs, 'usr']);
      await output('rm', ['-r', rootfs, archive]);
    },
  });
  return ['1-debian.tar', '2-node.tar'].map((name) => join(folder, name));
};
