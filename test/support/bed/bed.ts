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

export interface Bed {
  /** The control plane; started when it is first asked for. */
  cluster(): Promise<ClusterPlace>;
  /** Takes the cluster's API server away. */
  stopApiServer(): Promise<void>;
  /** Gives it back, with what it stored. */
  startApiServer(): Promise<void>;
}
