/** Profiles that cannot be used here, in the words in which they were refused: a condition of the node. */
import type { Kind } from '../../api/objects.js';
import { keyOf, keyText } from '../../store/object-key.js';
import type { StoreEvent } from '../../store/store.js';
import type { NodeFinding } from './node-object.js';

export interface Refusal {
  /** `keyText` of the profile. */
  readonly profile: string;
  readonly code: string;
  readonly message: string;
}

/** Refusals that are spelled out; an object has limits. */
const MOST = 5;

/** Pure. */
export const usableFinding = (refusals: readonly Refusal[]): NodeFinding => {
  const [first] = refusals;
  if (first === undefined)
    return {
      type: 'ProfilesUsable',
      holds: true,
      reason: 'Usable',
      message: 'no profile that concerns this node is refused',
    };
  const named = refusals.slice(0, MOST).map(({ profile, message }) => `${profile}: ${message}`);
  const more = refusals.length > MOST ? [`and ${String(refusals.length - MOST)} more`] : [];
  return {
    type: 'ProfilesUsable',
    holds: false,
    reason: first.code,
    message: [...named, ...more].join('; '),
  };
};

/** Stored profiles that cannot be read: of another version, or written past the validation. */
export class Unreadable {
  readonly #refusals = new Map<string, Refusal>();

  take(event: StoreEvent): void {
    switch (event.kind) {
      case 'Rejected': {
        const { key, code, problem } = event;
        // The other definition of a duplicate is as good as before.
        if (key === undefined || !isProfileKind(key.kind) || code === 'ObjectDuplicate') return;
        const profile = keyText(key);
        // What is wrong with an object begins with its name, which is said anyway.
        const prefix = `${profile}: `;
        const message = problem.startsWith(prefix) ? problem.slice(prefix.length) : problem;
        this.#refusals.set(profile, { profile, code, message });
        return;
      }
      case 'Applied':
        this.#refusals.delete(keyText(keyOf(event.object)));
        return;
      case 'Deleted':
        this.#refusals.delete(keyText(event.key));
    }
  }

  get refusals(): readonly Refusal[] {
    return [...this.#refusals.values()];
  }
}

const isProfileKind = (kind: Kind): boolean =>
  kind === 'SecurityProfile' || kind === 'ClusterSecurityProfile';
