/** What passes between the main thread and the plugin's. All of it survives a structured clone. */
import type { ContainerFacts, PodFacts } from '../containers/facts.js';
import type { Failure } from './machine.js';

export interface RuntimeInfo {
  /** `containerd`, `cri-o` */
  readonly name: string;
  readonly version: string;
  /** Empty before NRI 0.12. */
  readonly nriVersion: string;
}

export type NriEvent =
  | {
      readonly kind: 'Connected';
      readonly runtime: RuntimeInfo;
      /** Whether a creation fails if this plugin dies within it; runtimes before NRI 0.10 have no such call. */
      readonly guardsCreation: boolean;
    }
  /** Still no registration; code NriBusy. */
  | { readonly kind: 'Busy'; readonly failure: Failure }
  | { readonly kind: 'Disconnected'; readonly failure: Failure; readonly retryInMs: number }
  | { readonly kind: 'Synchronized'; readonly pods: number; readonly containers: number }
  | { readonly kind: 'PodStarted'; readonly pod: PodFacts }
  | { readonly kind: 'PodRemoved'; readonly pod: PodFacts }
  | {
      readonly kind: 'ContainerStarted';
      readonly facts: ContainerFacts;
      readonly cgroupId: bigint;
      readonly slot?: number;
      /** The answer came after the deadline: the container may have run before; a `Gap` told of it. */
      readonly late: boolean;
    }
  | { readonly kind: 'ContainerRemoved'; readonly containerId: string }
  | {
      readonly kind: 'Refused';
      readonly facts: ContainerFacts;
      readonly at: 'CreateContainer' | 'StartContainer';
      readonly reason: string;
    }
  /** A container that was allowed to start, or runs already, and that nobody judged. */
  | {
      readonly kind: 'Gap';
      readonly containerId: string;
      readonly facts?: ContainerFacts;
      readonly failure: Failure;
    }
  /** What the admission module emitted. */
  | { readonly kind: 'Admission'; readonly event: unknown };

/** What the thread is started with. */
export interface WorkerSetup {
  readonly socketPath: string;
  readonly pluginName: string;
  /** Two digits: the place among the runtime's plugins. */
  readonly pluginIndex: string;
  readonly cgroupRoot: string;
  /** URL of the admission's module. */
  readonly admissionModule: string;
  readonly admissionOptions: unknown;
  /** What `update` was given last. */
  readonly state: unknown;
}

export type ToWorker =
  | { readonly kind: 'Update'; readonly state: unknown }
  | { readonly kind: 'Answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'NoAnswer'; readonly id: number; readonly problem: string }
  | { readonly kind: 'Stop' };

export type FromWorker =
  | { readonly kind: 'Event'; readonly event: NriEvent }
  | { readonly kind: 'Question'; readonly id: number; readonly question: unknown };
