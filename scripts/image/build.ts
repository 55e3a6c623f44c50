/** Our image as a file that can be imported: what the Dockerfile makes, without Docker and without a registry. */
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cached, keyOf } from '../../test/support/cache.js';
import { output } from '../../test/support/command.js';
import { root } from '../../test/support/root.js';
import { REPRODUCIBLE, writeArchive } from './archive.js';
import { imageBase } from './base.js';
import { imageFiles } from './lists.js';

/** Nobody can pull it: use it with `imagePullPolicy: Never`. */
export const IMAGE = 'docker.io/library/pinfold:dev';

/** How a container of it runs. */
export const IMAGE_SETTINGS = {
  Entrypoint: ['/opt/pinfold/bin/pinfold'],
  Env: [
    'PATH=/opt/pinfold/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'NODE_ENV=production',
    // ADR 0028: what is young is collected sooner, and all threads share one heap of the C library.
    'NODE_OPTIONS=--max-semi-space-size=1',
    'MALLOC_ARENA_MAX=1',
  ],
};

/** As the Dockerfile has it: what is for compilers and debuggers, half of what npm installs. */
export const UNUSED = [
  ...['-type', 'f', '(', '-name', '*.map'],
  ...['.ts', '.mts', '.cts'].flatMap((ending) => ['-o', '-name', `*.d${ending}`]),
  ...[')', '-delete'],
];

/** The packages that the program needs, as npm installs them on a machine that only runs it. */
const productionPackages = (): Promise<string> =>
  cached({
    kind: 'node-modules',
    key: keyOf([join(root, 'package-lock.json'), import.meta.filename]),
    label: 'npm packages without development',
    make: async (draft) => {
      for (const file of ['package.json', 'package-lock.json'])
        cpSync(join(root, file), join(draft, file));
      const quietly = ['--no-fund', '--no-audit', '--loglevel=error'];
      await output('npm', ['ci', '--omit=dev', '--ignore-scripts', ...quietly], { cwd: draft });
      await output('find', ['node_modules', ...UNUSED], { cwd: draft });
    },
  });

/** The checkout's own files in the list: npm's are known by package-lock.json. */
const ownFiles = imageFiles().filter((file) => file !== 'node_modules');

export interface Built {
  readonly archive: string;
  /** The same without the layers of base.ts: a fiftieth, for a node that has them. */
  readonly upper: string;
}

/** The archive; made if a file in it has changed. */
export const buildImage = async (): Promise<Built> => {
  const inputs = [
    ...ownFiles,
    ...['image', 'scripts/image', 'package-lock.json', 'test/support/cache.ts'],
  ];
  const folder = await cached({
    kind: 'image',
    key: keyOf(inputs.map((file) => join(root, file))),
    label: `image ${IMAGE}`,
    make: async (draft) => {
      const place = join(draft, 'layer/opt/pinfold');
      const modules = join(await productionPackages(), 'node_modules');
      for (const file of imageFiles()) {
        const from = file === 'node_modules' ? modules : join(root, file);
        mkdirSync(dirname(join(place, file)), { recursive: true });
        cpSync(from, join(place, file), { recursive: true, verbatimSymlinks: true });
      }
      const layer = join(draft, 'layer.tar');
      await output('tar', [...REPRODUCIBLE, '-cf', layer, '-C', join(draft, 'layer'), 'opt']);
      const { layers: lower } = await imageBase();
      const image = { name: IMAGE, layers: [...lower, layer], settings: IMAGE_SETTINGS };
      await writeArchive(join(draft, 'image.tar'), image);
      await writeArchive(join(draft, 'upper.tar'), { ...image, withoutLayers: lower.length });
      await output('rm', ['-r', layer, join(draft, 'layer')]);
    },
  });
  return { archive: join(folder, 'image.tar'), upper: join(folder, 'upper.tar') };
};
