/**
 * Container images without a daemon: an OCI layout in a tar file, which `ctr images import`, `docker load` and
 * `kind load image-archive` take. The same layers and settings give the same bytes.
 * https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { output } from '../../test/support/command.js';

/** What a container of the image runs, and how. */
export interface ImageSettings {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env: readonly string[];
  readonly WorkingDir?: string;
}

interface Image {
  /** With registry and tag: `docker.io/library/pinfold:dev`. */
  readonly name: string;
  /** Uncompressed tar files, the lowest first. */
  readonly layers: readonly string[];
  readonly settings: ImageSettings;
  /**
   * How many of the lower layers to leave out, for a receiver that has them from another image. That is no whole
   * image: containerd finds a layer by its digest, others may not.
   */
  readonly withoutLayers?: number;
}

interface Blob {
  readonly digest: string;
  readonly size: number;
}

const ARCHITECTURES: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: 'amd64',
  arm64: 'arm64',
};

const digestOf = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
};

/** Tar options under which a tree gives the same bytes whoever packs it and when. */
export const REPRODUCIBLE = [
  ...['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'],
  ...['--format=posix', '--pax-option=delete=atime,delete=ctime', '--mode=a+rX,u+w,go-w'],
] as const;

/** Writes the archive. */
export const writeArchive = async (
  file: string,
  { name, layers, settings, withoutLayers = 0 }: Image,
): Promise<void> => {
  const folder = await mkdtemp(join(dirname(file), '.archive-'));
  const blobs = join(folder, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });

  const addFile = async (path: string, leftOut: boolean): Promise<Blob> => {
    const digest = await digestOf(path);
    if (!leftOut) await symlink(path, join(blobs, digest));
    return { digest: `sha256:${digest}`, size: (await stat(path)).size };
  };
  const addJson = async (value: unknown): Promise<Blob> => {
    const text = JSON.stringify(value);
    const digest = createHash('sha256').update(text).digest('hex');
    await writeFile(join(blobs, digest), text);
    return { digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
  };
  const describe = (kind: string, blob: Blob) => ({
    mediaType: `application/vnd.oci.image.${kind}`,
    ...blob,
  });

  try {
    const packed: Blob[] = [];
    for (const [n, layer] of layers.entries()) packed.push(await addFile(layer, n < withoutLayers));
    const configuration = await addJson({
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
      os: 'linux',
      config: settings,
      rootfs: { type: 'layers', diff_ids: packed.map(({ digest }) => digest) },
    });
    const manifest = await addJson({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: describe('config.v1+json', configuration),
      layers: packed.map((blob) => describe('layer.v1.tar', blob)),
    });
    const index = {
      schemaVersion: 2,
      manifests: [
        {
          ...describe('manifest.v1+json', manifest),
          annotations: {
            'io.containerd.image.name': name,
            'org.opencontainers.image.ref.name': name.split(':').at(-1),
          },
        },
      ],
    };
    const inArchive = ({ digest }: Blob): string => `blobs/${digest.replace(':', '/')}`;
    // For programs that know no layout: `docker load` before version 25.
    const forDocker = [
      { Config: inArchive(configuration), RepoTags: [name], Layers: packed.map(inArchive) },
    ];
    await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    await writeFile(join(folder, 'index.json'), JSON.stringify(index));
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(forDocker));
    await output('tar', [...REPRODUCIBLE, '--dereference', '-cf', file, '-C', folder, '.']);
  } finally {
    await rm(folder, { recursive: true });
  }
};
