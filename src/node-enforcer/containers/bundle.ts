/**
 * Who a container is, from the annotations that the runtime writes into its OCI configuration (config.json):
 * for nodes without NRI. The pod's labels are not in it (of CRI-O's only in a form of its own): the API has them.
 */
import { PinfoldError } from '../../errors.js';
import type { RuntimeName } from './cgroup-name.js';
import type { ContainerFacts } from './facts.js';

/** Which pod it is of. */
export interface PodIdentity {
  readonly podUid: string;
  readonly namespace: string;
  readonly pod: string;
}

/** All but what only the API knows. */
export type BundleFacts = Omit<ContainerFacts, 'podLabels' | 'podAnnotations'>;

/** What a cgroup and its bundle hold. */
export type BundleSubject =
  | { readonly kind: 'Container'; readonly facts: BundleFacts }
  /** The pod's own pause process. */
  | { readonly kind: 'Sandbox'; readonly sandboxId: string; readonly pod: PodIdentity };

/** What is known before the configuration is read. */
export interface BundlePlace {
  readonly containerId: string;
  readonly podUid: string;
  readonly runtime: RuntimeName;
  /** Absolute. */
  readonly cgroupPath: string;
  /** Of the first process, if the runtime has written it yet. */
  readonly pid?: number;
  /** Whether anything lives in the cgroup. */
  readonly isPopulated: boolean;
}

/** Where each runtime says it. containerd: pkg/cri/annotations; CRI-O: pkg/annotations. */
const ANNOTATIONS: Readonly<Record<RuntimeName, Readonly<Record<string, string>>>> = {
  containerd: {
    type: 'io.kubernetes.cri.container-type',
    container: 'io.kubernetes.cri.container-name',
    sandboxId: 'io.kubernetes.cri.sandbox-id',
    pod: 'io.kubernetes.cri.sandbox-name',
    namespace: 'io.kubernetes.cri.sandbox-namespace',
    podUid: 'io.kubernetes.cri.sandbox-uid',
    image: 'io.kubernetes.cri.image-name',
  },
  'cri-o': {
    type: 'io.kubernetes.cri-o.ContainerType',
    container: 'io.kubernetes.container.name',
    sandboxId: 'io.kubernetes.cri-o.SandboxID',
    pod: 'io.kubernetes.pod.name',
    namespace: 'io.kubernetes.pod.namespace',
    podUid: 'io.kubernetes.pod.uid',
    image: 'io.kubernetes.cri-o.ImageName',
  },
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/**
 * The container or sandbox of a configuration; `text` is config.json.
 * @throws PinfoldError BundleUnreadable if it is no configuration of Kubernetes' or of another pod
 */
export const readBundle = (place: BundlePlace, text: string): BundleSubject => {
  const unreadable = (problem: string): PinfoldError =>
    new PinfoldError('BundleUnreadable', { container: place.containerId, problem });
  const config = parse(text);
  const annotations = isObject(config) ? config.annotations : undefined;
  if (!isObject(annotations)) throw unreadable('it has no annotations');
  const names = ANNOTATIONS[place.runtime];
  const optional = (what: string): string | undefined => {
    const value = annotations[names[what] ?? ''];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const needed = (what: string): string => {
    const value = optional(what);
    if (value === undefined) throw unreadable(`it has no annotation ${String(names[what])}`);
    return value;
  };
  // A static pod's UID in the API is another than the kubelet's own, which is in both of these.
  const podUid = optional('podUid') ?? place.podUid;
  if (podUid !== place.podUid)
    throw unreadable(`it is of pod ${podUid}, its cgroup of pod ${place.podUid}`);
  const pod = { podUid, namespace: needed('namespace'), pod: needed('pod') };
  if (needed('type') === 'sandbox') return { kind: 'Sandbox', sandboxId: place.containerId, pod };
  const image = optional('image');
  return {
    kind: 'Container',
    facts: {
      ...pod,
      container: needed('container'),
      containerId: place.containerId,
      sandboxId: needed('sandboxId'),
      ...(image === undefined ? {} : { image }),
      cgroupPath: place.cgroupPath,
      ...(place.pid === undefined ? {} : { pid: place.pid }),
      state: place.isPopulated ? 'Running' : 'Created',
      isRunning: place.isPopulated,
    },
  };
};
