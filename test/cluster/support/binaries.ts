/** The programs of a cluster, built from Go modules: nobody has to install Kubernetes. */
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, cached, keyOf } from '../../support/cache.js';
import { output } from '../../support/command.js';
import { goForBuilding } from './go.js';

const here = import.meta.dirname;

/** Version of a module in a go.mod beside this file, with its v. */
const versionOf = (folder: string, module: string): string => {
  const text = readFileSync(join(here, folder, 'go.mod'), 'utf8');
  const [, version] = new RegExp(`^\\s+${module} (v\\S+)`, 'm').exec(text) ?? [];
  if (version === undefined) throw new Error(`${folder}/go.mod does not name ${module}`);
  return version;
};

const componentNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'kubelet',
];

const builtFrom = (folder: string): string =>
  keyOf([join(here, folder), join(here, 'binaries.ts')], [process.arch]);

/** Whether nothing would have to be built, so that no Go is needed. */
export const areBuilt = (...folders: readonly ('kubernetes' | 'containerd')[]): boolean =>
  folders.every((folder) => existsSync(join(cacheFolder(), folder, builtFrom(folder))));

/** Folder with etcd, kubectl, kubelet and the control plane. Cold: about 12 minutes on two cores. */
export const kubernetes = (): Promise<string> => {
  const version = versionOf('kubernetes', 'k8s.io/kubernetes');
  return cached({
    kind: 'kubernetes',
    key: builtFrom('kubernetes'),
    label: `Kubernetes ${version} from Go modules`,
    make: async (draft) => {
      const { go, env } = await goForBuilding();
      const [major = '', minor = ''] = version.slice(1).split('.');
      // Without them a server says v0.0.0, which kubectl refuses to compare with itself.
      const stamps = Object.entries({ gitVersion: version, gitMajor: major, gitMinor: minor }).map(
        ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
      );
      // Go's own cache keeps objects by compiler flags: a change of those makes the next build cold.
      const flags = ['-ldflags', ['-s -w', ...stamps].join(' ')];
      await output(go, ['build', ...flags, '-o', join(draft, 'kubernetes'), '.'], {
        cwd: join(here, 'kubernetes'),
        env,
      });
      for (const name of componentNames) symlinkSync('kubernetes', join(draft, name));
    },
  });
};

/** Folder with containerd, its shim and ctr: newer than Debian's, whose NRI cannot set seccomp. */
export const containerd = (): Promise<string> => {
  const name = 'github.com/containerd/containerd/v2';
  const version = versionOf('containerd', name);
  return cached({
    kind: 'containerd',
    key: builtFrom('containerd'),
    label: `containerd ${version} from Go modules`,
    make: async (draft) => {
      const { go, env } = await goForBuilding();
      const flags = ['-ldflags', `-s -w -X ${name}/version.Version=${version}`];
      await output(go, ['build', ...flags, '-o', `${draft}/`, 'tool'], {
        cwd: join(here, 'containerd'),
        env,
      });
    },
  });
};
