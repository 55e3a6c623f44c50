/** Small images for pods in tests, made from the host's programs: no registry is asked. */
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPRODUCIBLE, writeArchive, type ImageSettings } from '../../scripts/image/archive.js';
import { cached, keyOf } from '../support/cache.js';
import { output } from '../support/command.js';

const BUSYBOX = '/bin/busybox';
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface TestImage {
  readonly name: string;
  readonly settings: Omit<ImageSettings, 'Env'>;
  readonly fill: (rootfs: string) => Promise<void>;
}

const fillBusybox = async (rootfs: string): Promise<void> => {
  for (const folder of ['bin', 'etc', 'root', 'tmp']) mkdirSync(join(rootfs, folder));
  copyFileSync(BUSYBOX, join(rootfs, 'bin/busybox'));
  const applets = (await output(BUSYBOX, ['--list'])).trim().split('\n');
  for (const applet of applets.filter((name) => name !== 'busybox'))
    symlinkSync('busybox', join(rootfs, 'bin', applet));
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(rootfs, 'etc/group'), 'root:x:0:\n');
  writeFileSync(join(rootfs, 'etc/shadow'), 'root:!:1::::::\n');
};

const images: readonly TestImage[] = [
  {
    // The name that the node's containerd is configured with.
    name: 'registry.k8s.io/pause:3.10',
    settings: { Entrypoint: ['/pause'] },
    fill: async (rootfs) => {
      const source = join(import.meta.dirname, 'pause.c');
      await output('gcc', ['-static', '-Os', '-s', '-Wall', '-o', join(rootfs, 'pause'), source]);
    },
  },
  { name: 'docker.io/library/busybox:test', settings: { Cmd: ['sh'] }, fill: fillBusybox },
  {
    // A server to record: pages in /www, on port 8080.
    name: 'docker.io/library/web:test',
    settings: { Cmd: ['httpd', '-f', '-p', '8080', '-h', '/www'] },
    fill: async (rootfs) => {
      await fillBusybox(rootfs);
      mkdirSync(join(rootfs, 'www'));
      writeFileSync(join(rootfs, 'www/index.html'), '<h1>It works</h1>\n');
    },
  },
];

/** `docker.io/library/busybox:test` → `busybox.tar` */
const fileOf = ({ name }: TestImage): string =>
  `${name.replace(/^.*\//, '').replace(/:.*$/, '')}.tar`;

/** An archive of each. */
export const testImages = async (): Promise<readonly string[]> => {
  const folder = await cached({
    kind: 'test-images',
    key: keyOf([import.meta.dirname, BUSYBOX]),
    label: 'container images for tests',
    make: async (draft) => {
      for (const image of images) {
        const rootfs = join(draft, 'rootfs');
        mkdirSync(rootfs);
        await image.fill(rootfs);
        const layer = join(draft, 'layer');
        await output('tar', [...REPRODUCIBLE, '-cf', layer, '-C', rootfs, '.']);
        await writeArchive(join(draft, fileOf(image)), {
          name: image.name,
          layers: [layer],
          settings: { ...image.settings, Env: [PATH] },
        });
        await output('rm', ['-r', rootfs, layer]);
      }
    },
  });
  return images.map((image) => join(folder, fileOf(image)));
};
