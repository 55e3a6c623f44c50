/**
 * Violations as Events: one series for each thing that was refused, at a bounded rate. The workload
 * chooses what it violates, so it must not be able to flood the store.
 */
import type { ViolationRecord } from '../audit/record.js';
import type { ObjectEvent, Regarding } from '../store/store.js';
import { TokenBucket } from './token-bucket.js';
import { operationText } from './violation-text.js';

/** Design §5: burst 25, refill 1 a second. */
const BURST = 25;
const REFILL_PER_SECOND = 1;

/** Objects of one class and profile that get a series of their own; the rest share one. */
const OBJECTS_NAMED = 8;

/** Series that wait for a token at most; beyond it they are merged into what waits. */
const MAX_WAITING = 256;

const REASONS = {
  Denied: 'PinfoldDenied',
  WouldDeny: 'PinfoldWouldDeny',
  Observed: 'PinfoldNotDenied',
} as const;

const VERBS = {
  Denied: 'denied',
  WouldDeny: 'would be denied',
  Observed: 'not allowed but not deniable here, observed',
} as const;

interface Waiting {
  readonly event: Omit<ObjectEvent, 'at' | 'count'>;
  count: number;
}

export class ViolationEvents {
  readonly #bucket: TokenBucket;
  readonly #named = new Map<string, Set<string>>();
  readonly #waiting = new Map<string, Waiting>();

  /** `now` in ms since the epoch. */
  constructor(now: number) {
    this.#bucket = new TokenBucket(BURST, REFILL_PER_SECOND, now);
  }

  /** Takes a violation by what `regarding` names; `due` hands out what may be written. */
  add(regarding: Regarding, record: ViolationRecord): void {
    const note = this.#note(record);
    const reason = REASONS[record.outcome];
    const key = [regarding.kind, regarding.namespace, regarding.name, reason, note].join('\0');
    const known = this.#waiting.get(key);
    const count = record.count ?? 1;
    if (known !== undefined) known.count += count;
    else if (this.#waiting.size < MAX_WAITING)
      this.#waiting.set(key, {
        event: { regarding, type: 'Warning', reason, action: 'Judge', note },
        count,
      });
  }

  /** Events for which there are tokens now, with how many violations each stands for. */
  due(now: number): readonly ObjectEvent[] {
    const events: ObjectEvent[] = [];
    for (const [key, { event, count }] of this.#waiting) {
      if (!this.#bucket.take(now)) break;
      this.#waiting.delete(key);
      events.push({ ...event, at: now, count });
    }
    return events;
  }

  /** Everything that waits, tokens or not: for the end of a workload. */
  rest(now: number): readonly ObjectEvent[] {
    const events = [...this.#waiting.values()].map(({ event, count }) => ({
      ...event,
      at: now,
      count,
    }));
    this.#waiting.clear();
    return events;
  }

  /** Constant for a series: no number, time or process in it. */
  #note({ operation, outcome, rule, subject, class: ruleClass }: ViolationRecord): string {
    const text = operationText(operation);
    const by = rule === undefined ? '' : ` (rule ${rule.text})`;
    const scope = `${subject.profile} ${subject.containerId ?? ''} ${outcome} ${ruleClass}`;
    const named = this.#named.get(scope) ?? new Set<string>();
    this.#named.set(scope, named);
    const thing = `${text.operation} ${text.object}`.slice(0, 700);
    if (named.size < OBJECTS_NAMED) named.add(thing);
    const what = named.has(thing) ? thing : `${ruleClass}: other operations`;
    return `${what} ${VERBS[outcome]} by profile ${subject.profile}${named.has(thing) ? by : ''}`.slice(
      0,
      1000,
    );
  }
}
