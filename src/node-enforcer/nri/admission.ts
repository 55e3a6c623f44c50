/**
 * What decides about pods and containers in the plugin's thread. The thread loads it from a module by URL,
 * so that its answer depends on nothing that the main thread is busy with.
 */
import type { ContainerFacts, FoundContainer, PodFacts } from '../containers/facts.js';

export type AdmissionAnswer =
  /** `slot`: which one the container got; absent if no profile concerns it. */
  | { readonly kind: 'Allow'; readonly slot?: number }
  /** `reason` is shown by the kubelet in the pod's events. */
  | { readonly kind: 'Refuse'; readonly reason: string };

/**
 * Runs in the plugin's thread; its calls come in the order of the runtime's. None may block: the runtime holds
 * up every pod of the node meanwhile, and drops the plugin after 2 s.
 */
export interface Admission {
  /** A pod's cgroup exists, its containers' do not. */
  podStarted(pod: PodFacts): void;
  /** Before the container's cgroup exists. To refuse here makes the kubelet try again by itself. */
  create(container: ContainerFacts): AdmissionAnswer;
  /**
   * Its cgroup exists and holds only the runtime's init; the slot has to be in the kernel before this answers.
   * To refuse here counts as a crash of the container. After the deadline `unresolved` is asked instead; the
   * answer that comes later is only reported.
   */
  start(container: ContainerFacts, cgroupId: bigint): AdmissionAnswer | Promise<AdmissionAnswer>;
  /** What to do with a container that could not be judged: by its namespace. */
  unresolved(container: ContainerFacts): 'Allow' | 'Hold';
  removed(containerId: string): void;
  podRemoved(pod: PodFacts): void;
  /** All that is there at the moment the plugin is connected; replaces what was known before. */
  synchronize(containers: readonly FoundContainer[], pods: readonly PodFacts[]): void;
  /** The main thread's `NriPlugin.update`: profiles, namespaces, whatever the module works with. */
  update(state: unknown): void;
  /** The thread ends. */
  close(): void;
}

/** What an admission can do besides answering. */
export interface AdmissionContext {
  /** `NriPlugin`'s option of that name. */
  readonly options: unknown;
  /** To the main thread, as event `Admission`; has to survive a structured clone. */
  readonly emit: (event: unknown) => void;
  /** To the main thread's `onQuestion`. @throws PinfoldError NriNoAnswer after `deadlineMs` or with its words */
  readonly ask: (question: unknown, deadlineMs: number) => Promise<unknown>;
}

/** What the module given to the plugin exports. */
export interface AdmissionModule {
  readonly createAdmission: (context: AdmissionContext) => Admission | Promise<Admission>;
}
