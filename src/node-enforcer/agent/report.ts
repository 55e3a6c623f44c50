/** What this machine tells of a profile. The operator has the same shape as its input. */
import type { Gap, ProfileStatus, Violation } from '../../api/objects.js';

export type Mode = NonNullable<ProfileStatus['mode']>;

export interface Shortfall {
  /** CamelCase; codes of the error table are used as they are. */
  readonly reason: string;
  readonly message: string;
}

export interface ProfileReport {
  readonly node: string;
  /** metadata.generation that is in force; absent: none yet. */
  readonly generation?: number;
  /** What is realised; absent: nothing here for it to hold for. */
  readonly mode?: Mode;
  /** Workloads that it holds for. */
  readonly containers: number;
  readonly unmatched?: Shortfall;
  readonly degraded?: Shortfall;
  readonly gaps: readonly Gap[];
  readonly denied: number;
  readonly audited: number;
  /** Newest first, at most 10. */
  readonly recentViolations: readonly Violation[];
}
