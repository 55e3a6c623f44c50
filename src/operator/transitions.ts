/** Events that changes of conditions deserve. */
import type { Condition } from '../api/objects.js';
import type { ObjectEvent, ObjectKey } from '../store/store.js';

/** What a condition's status is called in an Event. */
const REASONS: Readonly<Record<string, Readonly<Partial<Record<Condition['status'], string>>>>> = {
  Accepted: { True: 'Accepted', False: 'Rejected' },
  Realized: { True: 'Realized', False: 'NotRealized' },
  Degraded: { True: 'Degraded' },
};

/** Reason of conditions while a revision is being made: it passes by itself, and deserves no Event. */
export const REVISION_PENDING = 'RevisionPending';

const BAD: ReadonlySet<string> = new Set(['Rejected', 'NotRealized', 'Degraded']);

/** Longest note that the Kubernetes API takes, in bytes; characters beyond ASCII are rare here. */
const MAX_NOTE = 1000;

const noteOf = (text: string): string =>
  text.length <= MAX_NOTE ? text : `${text.slice(0, MAX_NOTE - 1)}…`;

/** One Event for each condition whose status or reason is another than before. `at` in ms. */
export const transitionEvents = (
  regarding: ObjectKey,
  before: readonly Condition[],
  after: readonly Condition[],
  at: number,
): readonly ObjectEvent[] =>
  after.flatMap(({ type, status, reason, message }) => {
    const known = before.find((condition) => condition.type === type);
    const name = REASONS[type]?.[status];
    if (name === undefined || reason === REVISION_PENDING) return [];
    if (known?.status === status && known.reason === reason) return [];
    const bad = BAD.has(name);
    const note = noteOf(bad ? `${reason}: ${message}` : message);
    return [
      { regarding, type: bad ? 'Warning' : 'Normal', reason: name, action: 'Reconcile', note, at },
    ];
  });
