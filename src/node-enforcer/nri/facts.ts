/** From NRI's messages to facts. */
import { containerCgroup, podCgroup } from '../containers/cgroup-path.js';
import type { ContainerFacts, ContainerState, PodFacts } from '../containers/facts.js';
import type { WireContainer, WirePod } from './wire/messages.js';

/** What the kubelet adds to a pod's labels for the runtime (kubelet: labels.go); the API has none of them. */
const KUBELET_LABELS: ReadonlySet<string> = new Set([
  'io.kubernetes.pod.name',
  'io.kubernetes.pod.namespace',
  'io.kubernetes.pod.uid',
]);

/** NRI's enum ContainerState, by number. */
const STATES: readonly ContainerState[] = ['Unknown', 'Created', 'Paused', 'Running', 'Stopped'];

/** Runtimes before NRI 0.12.1 name the image only here. */
const IMAGE_ANNOTATIONS = ['io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName'];

const recordOf = (map: ReadonlyMap<string, string>): Readonly<Record<string, string>> =>
  Object.fromEntries(map);

const imageOf = ({ image, annotations }: WireContainer): string | undefined =>
  [image?.name, ...IMAGE_ANNOTATIONS.map((name) => annotations.get(name))].find(
    (name) => name !== undefined && name !== '',
  );

/** `root`: where cgroup v2 is mounted. */
export const podFacts = (pod: WirePod, root: string): PodFacts => {
  const cgroupPath = podCgroup(root, pod.linux?.cgroupParent ?? '');
  return {
    sandboxId: pod.id,
    podUid: pod.uid,
    namespace: pod.namespace,
    pod: pod.name,
    podLabels: recordOf(new Map([...pod.labels].filter(([name]) => !KUBELET_LABELS.has(name)))),
    podAnnotations: recordOf(pod.annotations),
    ...(cgroupPath === undefined ? {} : { cgroupPath }),
  };
};

/** `root`: where cgroup v2 is mounted. */
export const containerFacts = (
  pod: PodFacts,
  container: WireContainer,
  root: string,
): ContainerFacts => {
  const { podUid, namespace, pod: name, podLabels, podAnnotations, sandboxId } = pod;
  const cgroupPath = containerCgroup(root, container.linux?.cgroupsPath ?? '');
  const image = imageOf(container);
  const imageDigest = container.image?.digest ?? '';
  const state = STATES[container.state] ?? 'Unknown';
  return {
    ...{ podUid, namespace, pod: name, podLabels, podAnnotations, sandboxId },
    container: container.name,
    containerId: container.id,
    ...(image === undefined ? {} : { image }),
    ...(imageDigest === '' ? {} : { imageDigest }),
    ...(cgroupPath === undefined ? {} : { cgroupPath }),
    ...(container.pid === 0 ? {} : { pid: container.pid }),
    state,
    isRunning: state === 'Running' || state === 'Paused',
  };
};
