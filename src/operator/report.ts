/** What nodes tell the operator of a profile: its only knowledge of what is really in force. */
import type { Gap, NodeEnforcement, ProfileStatus, Violation } from '../api/objects.js';
import type { ObjectKey } from '../store/store.js';

export type Mode = NonNullable<ProfileStatus['mode']>;

/** Why a node has not all of a profile in force. */
export interface Shortfall {
  /** CamelCase; codes of the error table are used as they are. */
  readonly reason: string;
  readonly message: string;
}

/** One profile on one node. */
export interface ProfileReport {
  readonly node: string;
  /** metadata.generation that is in force there; absent: none yet. */
  readonly generation?: number;
  /** What is realised; absent: nothing there for it to hold for. */
  readonly mode?: Mode;
  /** Containers or host services it holds for. */
  readonly containers: number;
  /** Why it holds for nothing, or not for all that it names. */
  readonly unmatched?: Shortfall;
  /** Set where the mode asked for is not all in force. */
  readonly degraded?: Shortfall;
  readonly gaps: readonly Gap[];
  /** All gaps, where `gaps` has not room for them. */
  readonly gapCount?: number;
  /** Operations refused, and operations that would have been, so far. */
  readonly denied: number;
  readonly audited: number;
  /** Newest first, at most 10. */
  readonly recentViolations: readonly Violation[];
}

export interface NodeReports {
  /** Nodes that report at all; absent: each that has something to say does. */
  readonly nodes?: number;
  /** Whether the node reports. */
  has?(node: string): boolean;
  /** A node's object is now this one; returns the profiles of which it says something else. */
  applied?(node: NodeEnforcement): readonly ObjectKey[];
  /** A node is gone, and with it what it held; returns the profiles concerned. */
  deleted?(node: string): readonly ObjectKey[];
  of(profile: ObjectKey): readonly ProfileReport[];
}
