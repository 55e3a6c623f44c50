/**
 * The test bed: what tests share because it is slow to start. One process owns it (that which runs all test
 * files, or the test file itself where it is run alone); others ask it over a socket, so all that is
 * asked and answered is data.
 */

/** A cluster that runs. */
export interface ClusterPlace {
  readonly url: string;
  /** File with the administrator's credentials. */
  readonly kubeconfig: string;
  /** Program that speaks to it. */
  readonly program: string;
}

/** What can differ between nodes. */
export interface NodeKind {
  /** Whether `bpf` is in the kernel's list of security modules, so that LSM programs can be attached. */
  readonly bpfLsm: boolean;
}

/** A node of that cluster that is Ready. */
export interface NodePlace {
  readonly name: string;
  /** Socket of the guest agent; takes one connection at a time. */
  readonly agent: string;
  /** File with what its kernel and systemd printed. */
  readonly console: string;
}

export interface Bed {
  /** The control plane; started when it is first asked for. */
  cluster(): Promise<ClusterPlace>;
  /** Takes the cluster's API server away. */
  stopApiServer(): Promise<void>;
  /** Gives it back, with what it stored. */
  startApiServer(): Promise<void>;
  /** The cluster's node; there is one at a time, so one of another kind is stopped first. */
  node(kind: NodeKind): Promise<NodePlace>;
  /** Stops the node, so that who asks next gets a fresh one. */
  stopNode(): Promise<void>;
}
