/** A node for tests: a runtime, a directory that stands for the cgroup hierarchy, and the plugin. */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { NriPlugin } from '../../../src/node-enforcer/nri/nri-plugin.js';
import type { NriEvent } from '../../../src/node-enforcer/nri/events.js';
import type { NriPluginOptions } from '../../../src/node-enforcer/nri/nri-plugin.js';
import type { Seen, TestState } from './admission.js';
import { Peer } from './peer.js';
import type { Json, PeerState } from './peer.js';

/** A condition comes true within this, or the test fails; nothing here takes a tenth of it. */
const DEADLINE_MS = 30_000;

export class TestNode implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'pinfold-nri-'));
  readonly socket = join(this.directory, 'nri.sock');
  readonly cgroupRoot = join(this.directory, 'cgroup');
  readonly events: NriEvent[] = [];
  readonly #peerPath: string;
  readonly #peers: Peer[] = [];
  #plugin: NriPlugin | undefined;
  #changed: () => void = () => undefined;

  constructor(peerPath: string) {
    this.#peerPath = peerPath;
  }

  async startRuntime(state: Omit<PeerState, 'socket'> = {}): Promise<Peer> {
    const peer = await Peer.start(this.#peerPath, { socket: this.socket, ...state });
    this.#peers.push(peer);
    return peer;
  }

  startPlugin(options: Partial<NriPluginOptions> = {}): NriPlugin {
    const state: TestState = { slot: 7, held: ['held'] };
    this.#plugin = NriPlugin.start({
      cgroupRoot: this.cgroupRoot,
      socketPath: this.socket,
      admissionModule: new URL('./admission.ts', import.meta.url),
      workerModule: new URL('./worker.js', import.meta.url),
      state,
      onEvent: (event) => {
        this.events.push(event);
        this.#changed();
      },
      ...options,
    });
    return this.#plugin;
  }

  /** Makes the cgroup of a container; returns its id. */
  makeCgroup(path: string): bigint {
    const directory = join(this.cgroupRoot, path);
    mkdirSync(directory, { recursive: true });
    return statSync(directory, { bigint: true }).ino;
  }

  /** The first event of that kind that fits, once it is there. */
  async event<Kind extends NriEvent['kind']>(
    kind: Kind,
    fits: (event: Extract<NriEvent, { kind: Kind }>) => boolean = () => true,
  ): Promise<Extract<NriEvent, { kind: Kind }>> {
    const isIt = (event: NriEvent): event is Extract<NriEvent, { kind: Kind }> =>
      event.kind === kind && fits(event as Extract<NriEvent, { kind: Kind }>);
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const found = this.events.find(isIt);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(`no ${kind}; there were ${inspect(this.events, { depth: 3 })}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** What the admission was called with, in order. */
  seen(call: string): readonly unknown[] {
    return this.events
      .flatMap((event) => (event.kind === 'Admission' ? [event.event as Seen] : []))
      .filter((each) => each.call === call)
      .map(({ subject }) => subject);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#plugin?.stop();
    await Promise.all(this.#peers.map((peer) => peer.kill()));
    rmSync(this.directory, { recursive: true });
  }
}

/** A pod as containerd describes it. */
export const pod = (name: string, more: Json = {}): Json => ({
  id: `${name}-sandbox`,
  name,
  uid: '6f1c1c1e-0d7e-4f7c-9d4a-3d1f2a6b7c8d',
  namespace: 'shop',
  labels: {
    app: 'web',
    'io.kubernetes.pod.name': name,
    'io.kubernetes.pod.namespace': 'shop',
    'io.kubernetes.pod.uid': '6f1c1c1e-0d7e-4f7c-9d4a-3d1f2a6b7c8d',
  },
  annotations: { 'kubernetes.io/config.source': 'api' },
  linux: {
    cgroupParent:
      '/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod6f1c1c1e_0d7e_4f7c_9d4a_3d1f2a6b7c8d.slice',
  },
  ...more,
});

/** Where `container` says its cgroup is. */
export const cgroupOf = (id: string): string =>
  `kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod6f1c1c1e_0d7e_4f7c_9d4a_3d1f2a6b7c8d.slice/cri-containerd-${id}.scope`;

/** A container of `pod(podName)` as containerd describes it, with a seccomp policy of about 10 KB. */
export const container = (podName: string, name: string, id = `${podName}-${name}`): Json => ({
  id,
  podSandboxId: `${podName}-sandbox`,
  name,
  state: 'CONTAINER_CREATED',
  annotations: { 'io.kubernetes.cri.image-name': 'docker.io/library/nginx:1.29' },
  linux: {
    cgroupsPath: `kubepods-besteffort-pod6f1c1c1e_0d7e_4f7c_9d4a_3d1f2a6b7c8d.slice:cri-containerd:${id}`,
    seccompPolicy: {
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: Array.from({ length: 18 }, (_, rule) => ({
        names: Array.from({ length: 40 }, (_, at) => `system_call_${String(rule)}_${String(at)}`),
        action: 'SCMP_ACT_ALLOW',
      })),
    },
  },
  image: { name: 'docker.io/library/nginx:1.29', digest: `sha256:${'0'.repeat(64)}` },
});
