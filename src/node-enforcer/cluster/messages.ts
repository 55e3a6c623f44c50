/** What passes between the agent's thread and the admission in the NRI plugin's. */
import type { ContainerFacts } from '../containers/facts.js';
import type { Selection } from '../matching.js';

/** What the admission decides by. */
export interface AdmissionState {
  /** Whether the profiles are known: before that nothing can be said of any container. */
  readonly ready: boolean;
  readonly selections: readonly Selection[];
  readonly namespaceLabels: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly ownNamespace: string;
  /** Namespaces whose containers do not start unjudged. */
  readonly hold: readonly string[];
}

export interface AdmissionOptions {
  /** Where the engine's maps are pinned; absent: the agent's thread writes them. */
  readonly pins?: string;
}

export type AdmissionQuestion =
  /** A container that profiles hold for is about to start. */
  | { readonly kind: 'Prepare'; readonly facts: ContainerFacts }
  /** Its cgroup is there, and there is more to do than to name its slot. */
  | { readonly kind: 'Attach'; readonly facts: ContainerFacts };

/** Answer to `Prepare`. */
export interface Prepared {
  /** Absent: no profile holds for it after all. */
  readonly slot?: number;
  /** Whether `Attach` has to be asked before its program starts. */
  readonly attach: boolean;
}

/** What the admission emits. */
export interface Found {
  readonly kind: 'Found';
  /** The containers that are there when the plugin was connected, also those that do not run (yet). */
  readonly containers: readonly ContainerFacts[];
}

export const isFound = (event: unknown): event is Found =>
  typeof event === 'object' && event !== null && 'kind' in event && event.kind === 'Found';

export const isQuestion = (question: unknown): question is AdmissionQuestion =>
  typeof question === 'object' &&
  question !== null &&
  'kind' in question &&
  (question.kind === 'Prepare' || question.kind === 'Attach');
