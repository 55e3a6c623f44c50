/**
 * A node for tests whose runtime says nothing: the kubelet's cgroups in the real hierarchy, bundles as containerd
 * lays them out, and the node enforcer of a cluster over a store of files.
 */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import type { NodeEnforcement, RecordedBehavior } from '../../../src/api/objects.js';
import type { AuditRecord, GapRecord } from '../../../src/audit/record.js';
import { PinfoldError } from '../../../src/errors.js';
import { cgroupRoot, cgroupTree, endCgroup } from '../../../src/node-enforcer/cgroups.js';
import { ClusterNode } from '../../../src/node-enforcer/cluster/node.js';
import type { PodIdentity } from '../../../src/node-enforcer/containers/bundle.js';
import { DirectoryStore } from '../../../src/store/directory/directory-store.js';
import type { ObjectStore } from '../../../src/store/store.js';
import { sourceOf, Workshop } from '../support/cases.js';
import { eventually } from '../up/world.js';

export const POD_UID = '6f1c1c1e-0d7e-4f7c-9d4a-3d1f2a6b7c8d';

/** What programs in containers do: `PROGRAM DIRECTORY CASE ARGUMENT...` */
const CASES = {
  make: 'opened(creat(extra[0], 0600));',
  'make when told':
    'char byte; MUST(write(1, "r", 1) == 1); MUST(read(0, &byte, 1) == 1); opened(creat(extra[0], 0600));',
  /** Goes into a cgroup as a container: with mounts of its own. */
  contain: `MUST(!unshare(CLONE_NEWNS));
    int procs = opened(open(extra[0], O_WRONLY)); MUST(write(procs, "0", 1) == 1); close(procs);
    execv(extra[1], extra + 1); _exit(97);`,
  /** As a runtime's init: prepares the container, waits at the FIFO, executes its program. */
  init: `int procs = opened(open(extra[3], O_WRONLY)); MUST(write(procs, "0", 1) == 1); close(procs);
    MUST(!unshare(CLONE_NEWNS)); opened(creat("by the runtime, before", 0600));
    int gate = opened(open(extra[0], O_WRONLY)); MUST(write(gate, "0", 1) == 1); close(gate);
    opened(creat("by the runtime, after", 0600));
    execl(extra[1], extra[1], directory, "make", extra[2], NULL); _exit(97);`,
} as const;

const PROFILE = `apiVersion: pinfold.dev/v1alpha1
kind: SecurityProfile
metadata: {name: web, namespace: shop}
spec:
  mode: Record
  selector: {podSelector: {matchLabels: {app: web}}}
`;

export interface FakeContainer {
  readonly id: string;
  /** Absolute path of its cgroup. */
  readonly cgroup: string;
}

export interface StartOptions {
  readonly nriSocket?: string;
  readonly hold?: readonly string[];
  /** Whether the API server can be asked for recordings; default: always. */
  readonly recordingsReachable?: () => boolean;
}

export class FakeNode implements AsyncDisposable {
  readonly workshop = new Workshop();
  readonly program = this.workshop.compile('program', sourceOf(CASES));
  readonly nodeRoot = join(this.workshop.directory, 'node');
  readonly #manifests = join(this.workshop.directory, 'manifests');
  readonly top = `pinfold-test-${String(process.pid)}`;
  readonly kubepods: string;
  readonly records: AuditRecord[] = [];
  /** Pods that were asked for. */
  readonly asked: PodIdentity[] = [];
  /** What the API server answers; may be replaced. */
  labels: () => Promise<Readonly<Record<string, string>>> = () => Promise.resolve({ app: 'web' });
  readonly #driver: 'systemd' | 'cgroupfs';
  readonly #children: ChildProcess[] = [];
  #store: DirectoryStore | undefined;
  #node: ClusterNode | undefined;

  constructor(driver: 'systemd' | 'cgroupfs' = 'systemd') {
    this.#driver = driver;
    const name = driver === 'systemd' ? 'kubepods.slice' : 'kubepods';
    this.kubepods = join(cgroupRoot(), this.top, name);
    mkdirSync(this.kubepods, { recursive: true });
    mkdirSync(this.#manifests, { recursive: true });
    writeFileSync(join(this.#manifests, 'web.yaml'), PROFILE);
  }

  /** Path of a container's cgroup below the hierarchy's mount. */
  pathOf(id: string): string {
    const uid = POD_UID.replaceAll('-', '_');
    return this.#driver === 'systemd'
      ? `${this.top}/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice/cri-containerd-${id}.scope`
      : `${this.top}/kubepods/burstable/pod${POD_UID}/${id}`;
  }

  /** Bundle first, then cgroup, as containerd and runc make them. */
  make(digit: string, name = 'main'): FakeContainer {
    const id = digit.repeat(64);
    this.#write(`run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/config.json`, {
      ociVersion: '1.2.1',
      annotations: {
        'io.kubernetes.cri.container-name': name,
        'io.kubernetes.cri.container-type': 'container',
        'io.kubernetes.cri.image-name': 'docker.io/library/web:1',
        'io.kubernetes.cri.sandbox-id': '0'.repeat(64),
        'io.kubernetes.cri.sandbox-name': 'web-1',
        'io.kubernetes.cri.sandbox-namespace': 'shop',
        'io.kubernetes.cri.sandbox-uid': POD_UID,
      },
    });
    return { id, cgroup: this.makeCgroup(this.pathOf(id)) };
  }

  makeCgroup(path: string): string {
    const directory = join(cgroupRoot(), path);
    mkdirSync(directory, { recursive: true });
    return directory;
  }

  /** The FIFO at which the container's init waits. */
  makeGate({ id }: FakeContainer): string {
    const gate = join(this.nodeRoot, `run/containerd/runc/k8s.io/${id}/exec.fifo`);
    mkdirSync(dirname(gate), { recursive: true });
    execFileSync('mkfifo', [gate]);
    return gate;
  }

  #write(path: string, content: object): void {
    const file = join(this.nodeRoot, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(content));
  }

  /** Starts our program in a cgroup, as a container's. */
  spawn(cgroup: string, room: string, ...args: readonly string[]): ChildProcess {
    return this.#spawn(room, 'contain', join(cgroup, 'cgroup.procs'), this.program, room, ...args);
  }

  /** Starts what waits at the gate in a cgroup, to execute our program to make that file. */
  spawnInit(cgroup: string, room: string, gate: string, file: string): ChildProcess {
    return this.#spawn(room, 'init', gate, this.program, file, join(cgroup, 'cgroup.procs'));
  }

  #spawn(...args: readonly string[]): ChildProcess {
    const child = spawn(this.program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.push(child);
    return child;
  }

  /** Runs it to its end; resolves to its status. */
  async run(cgroup: string, room: string, ...args: readonly string[]): Promise<number | null> {
    const child = this.spawn(cgroup, room, ...args);
    await once(child, 'close');
    return child.exitCode;
  }

  async start({
    nriSocket,
    hold = [],
    recordingsReachable = () => true,
  }: StartOptions = {}): Promise<void> {
    const { directory } = this.workshop;
    const store = await DirectoryStore.open({
      manifests: this.#manifests,
      state: join(directory, 'store'),
    });
    this.#store = store;
    this.#node = ClusterNode.open({
      store: within(store, recordingsReachable),
      state: join(directory, 'state'),
      node: 'node1',
      log: pino({ level: 'silent' }),
      write: (records) => {
        this.records.push(...records);
        return 0;
      },
      ownNamespace: 'pinfold',
      namespaceLabels: () => ({}),
      hold,
      nriSocket: nriSocket ?? join(directory, 'absent.sock'),
      nriWorker: new URL('../../nri/support/worker.js', import.meta.url),
      kubepods: this.kubepods,
      nodeRoot: this.nodeRoot,
      readPod: async (pod) => {
        this.asked.push(pod);
        return { podLabels: await this.labels(), podAnnotations: {} };
      },
    });
    await this.#node.start();
  }

  /** Until the node's object is so. */
  object<T>(what: string, look: (object: NodeEnforcement) => T | undefined): Promise<T> {
    return eventually(what, async () => {
      const object = await this.#store?.get({ kind: 'NodeEnforcement', name: 'node1' });
      return object?.kind === 'NodeEnforcement' ? look(object) : undefined;
    });
  }

  /** Until that condition has that reason; resolves to its message. */
  condition(type: string, reason: string): Promise<string> {
    return this.object(`${type} ${reason}`, ({ status }) => {
      const found = status?.conditions?.find((each) => each.type === type);
      return found?.reason === reason ? found.message : undefined;
    });
  }

  /** Until so many containers have profiles. */
  async containers(count: number): Promise<void> {
    await this.object(`${String(count)} container(s)`, ({ status }) =>
      status?.totals?.containers === count ? true : undefined,
    );
  }

  gaps(code: string): readonly GapRecord[] {
    return this.records
      .filter((record) => record.kind === 'gap')
      .filter((gap) => gap.code === code);
  }

  /** Lets an init that waits there execute its program, as `start` does; resolves to the program's status. */
  async open(gate: string, init: ChildProcess): Promise<number | null> {
    const reader = openSync(gate, 'r');
    await once(init, 'close');
    closeSync(reader);
    return init.exitCode;
  }

  /** Has the enforcer look at everything anew. */
  refresh(): void {
    this.#node?.agent.refresh();
  }

  /** Ends the enforcer; resolves to what it recorded. */
  async stop(): Promise<RecordedBehavior['spec']> {
    const recorded = await this.end();
    if (recorded === undefined) throw new Error('nothing was recorded');
    return recorded;
  }

  /** The same where nothing may have been recorded. */
  async end(): Promise<RecordedBehavior['spec'] | undefined> {
    await this.#node?.stop();
    this.#node = undefined;
    const [recorded] = (await this.#store?.list('RecordedBehavior')) ?? [];
    await this.#store?.close();
    this.#store = undefined;
    return recorded?.spec;
  }

  remove({ cgroup }: FakeContainer): void {
    rmdirSync(cgroup);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#node?.stop();
    await this.#store?.close();
    for (const child of this.#children)
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    const top = join(cgroupRoot(), this.top);
    if (existsSync(top)) {
      for (const directory of cgroupTree(top)) writeFileSync(join(directory, 'cgroup.freeze'), '0');
      await endCgroup(top);
    }
    rmSync(this.workshop.directory, { recursive: true, force: true });
  }
}

/** The same store; recordings can be asked for while `reachable` says so. */
const within = (store: DirectoryStore, reachable: () => boolean): ObjectStore => ({
  list: (kind) => (kind === 'RecordedBehavior' && !reachable() ? unreachable() : store.list(kind)),
  get: (key) => store.get(key),
  watch: (signal) => store.watch(signal),
  applyStatus: (key, status) => store.applyStatus(key, status),
  apply: (object) => store.apply(object),
  delete: (key) => store.delete(key),
  recordEvent: (event) => store.recordEvent(event),
  events: (regarding) => store.events(regarding),
});

/** What the API server says where it cannot be reached. */
export const unreachable = (): Promise<never> =>
  Promise.reject(new PinfoldError('KubeUnreachable', { server: 'api', problem: 'refused' }));
