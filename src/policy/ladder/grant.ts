/** What Landlock is told of paths, and why. */
import type { GapCode } from './gaps.js';

export interface GrantSource {
  readonly rights: number;
  readonly rule: string;
  /** Why this may be more than the rule says; absent: it is exactly what the rule says. */
  readonly reason?: GapCode;
}

/** What one path is granted, by all rules together. */
export interface Grant {
  readonly path: string;
  readonly rights: number;
  readonly sources: readonly GrantSource[];
}

export interface Grants {
  readonly byPath: ReadonlyMap<string, Grant>;
  /** Paths of rules that were left out because nothing exists there. */
  readonly missing: readonly string[];
}
