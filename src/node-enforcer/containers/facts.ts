/** Who a pod or container is, as the node's runtime tells it; no object of the API is needed for it. */

export interface PodFacts {
  /** The runtime's id of the pod. */
  readonly sandboxId: string;
  readonly podUid: string;
  readonly namespace: string;
  readonly pod: string;
  /** As in the API: labels that the kubelet adds for the runtime are left out. */
  readonly podLabels: Readonly<Record<string, string>>;
  readonly podAnnotations: Readonly<Record<string, string>>;
  /** Absolute; absent if the runtime did not say. Its containers' cgroups are below it. */
  readonly cgroupPath?: string;
}

export type ContainerState = 'Unknown' | 'Created' | 'Paused' | 'Running' | 'Stopped';

export interface ContainerFacts {
  readonly podUid: string;
  readonly namespace: string;
  readonly pod: string;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly podAnnotations: Readonly<Record<string, string>>;
  /** Its name in the pod. Init, sidecar, main or ephemeral: no runtime says, so matching is by name. */
  readonly container: string;
  readonly containerId: string;
  readonly sandboxId: string;
  /** The reference in the pod; absent if the runtime does not say. */
  readonly image?: string;
  readonly imageDigest?: string;
  /** Absolute; absent if the runtime did not say. Its inode number is what the kernel knows it by. */
  readonly cgroupPath?: string;
  /** Of its first process, in the node's PID namespace; absent before it is started. */
  readonly pid?: number;
  readonly state: ContainerState;
  /** Whether it has processes (paused ones included). */
  readonly isRunning: boolean;
}

/** A container that was there before we were. */
export interface FoundContainer {
  readonly facts: ContainerFacts;
  /** Absent if its cgroup is gone. */
  readonly cgroupId?: bigint;
}
