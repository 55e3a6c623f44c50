/** The lowest layer of our image: Debian without its package manager's lists and without documents. */
import { join } from 'node:path';
import { cached, keyOf } from '../../test/support/cache.js';
import { output } from '../../test/support/command.js';
import { imageDebian, imagePackages } from './lists.js';

const unwanted = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*'];

/** A tar file. */
export const debianLayer = async (): Promise<string> => {
  const folder = await cached({
    kind: 'image-debian',
    key: keyOf([import.meta.filename], [imageDebian(), ...imagePackages()]),
    label: `Debian ${imageDebian()} for the image`,
    make: async (draft) => {
      await output('mmdebstrap', [
        ...['--quiet', '--variant=essential', `--include=${imagePackages().join(',')}`],
        ...unwanted.map((path) => `--dpkgopt=path-exclude=${path}`),
        // Licences stay: they are owed to whoever gets the image.
        '--dpkgopt=path-include=/usr/share/doc/*/copyright',
        '--skip=output/dev',
        ...[imageDebian(), join(draft, 'debian.tar')],
      ]);
    },
  });
  return join(folder, 'debian.tar');
};
