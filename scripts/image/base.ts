/** The lower layers of our image, which change seldom: Debian, and Node. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached, keyOf } from '../../test/support/cache.js';
import { output } from '../../test/support/command.js';
import { REPRODUCIBLE, writeArchive } from './archive.js';
import { debianLayer } from './debian.js';
import { imageNode } from './lists.js';

export interface Base {
  /** Tar files, the lowest first. */
  readonly layers: readonly string[];
  /** An image of them and nothing else, for who wants to have them before ours. */
  readonly archive: string;
}

/** Writes a layer with the program that nodejs.org has, which npm's registry serves too. */
const packNode = async (draft: string, layer: string): Promise<void> => {
  const wanted = `node-linux-${process.arch}@${imageNode()}`;
  const packed = (await output('npm', ['pack', '--silent', wanted], { cwd: draft })).trim();
  const place = join(draft, 'node/usr/local');
  mkdirSync(place, { recursive: true });
  const program = ['--strip-components=1', 'package/bin/node', 'package/LICENSE'];
  await output('tar', ['-xf', join(draft, packed), '-C', place, ...program]);
  await output('tar', [...REPRODUCIBLE, '-cf', layer, '-C', join(draft, 'node'), 'usr']);
  await output('rm', ['-r', join(draft, 'node'), join(draft, packed)]);
};

export const imageBase = async (): Promise<Base> => {
  const debian = await debianLayer();
  const sources = ['base.ts', 'archive.ts'].map((name) => join(import.meta.dirname, name));
  const folder = await cached({
    kind: 'image-base',
    key: keyOf(sources, [debian, imageNode()]),
    label: `Node ${imageNode()} for the image`,
    make: async (draft) => {
      const node = join(draft, 'node.tar');
      await packNode(draft, node);
      await writeArchive(join(draft, 'base.tar'), {
        name: 'docker.io/library/pinfold-base:dev',
        layers: [debian, node],
        settings: { Env: [] },
      });
    },
  });
  return { layers: [debian, join(folder, 'node.tar')], archive: join(folder, 'base.tar') };
};
