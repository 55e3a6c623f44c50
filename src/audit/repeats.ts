/**
 * Repeats of a violation: the first is written at once, those that follow are counted and written as
 * one record per interval. Nothing is dropped: every operation is in some record's `count`.
 */
import type { Operation } from '../policy/operation.js';
import type { Instant, ViolationRecord } from './record.js';

export interface RepeatOptions {
  /** ms between reports of the same violation. */
  readonly intervalMs?: number;
  /** Different violations followed at once; beyond it the oldest is reported and forgotten. */
  readonly limit?: number;
  /** Clock: ms, monotonic. */
  readonly now: () => number;
}

/** One line a minute tells as much as a thousand. */
const INTERVAL_MS = 60_000;
/** 16,384 entries hold some 10 MB with their records. */
const LIMIT = 16_384;

interface Entry {
  /** End of the current interval. */
  due: number;
  count: number;
  first: Instant | undefined;
  last: ViolationRecord;
}

const objectKey = (operation: Operation): string => {
  switch (operation.kind) {
    case 'Exec':
      return `x ${operation.object.path}`;
    case 'File':
      return `f ${operation.access.join()} ${operation.object.path}`;
    case 'Connect':
    case 'Bind':
      return `${operation.kind} ${operation.protocol} ${operation.address} ${operation.port}`;
    case 'Capability':
      return `c ${operation.capability}`;
    case 'Syscall':
      return `s ${operation.architecture} ${operation.name}`;
    case 'Forbidden':
      return `b ${operation.behaviour}`;
  }
};

/** What makes two violations the same: subject, outcome, rule, program and object. */
const keyOf = (record: ViolationRecord): string => {
  const { subject, rule, outcome, reason, process } = record;
  const deciding = rule ? `${rule.profile} ${rule.class} ${rule.list} ${rule.index}` : record.class;
  const where = `${subject.profile} ${subject.generation} ${subject.slot ?? ''} ${subject.cgroup ?? ''}`;
  return [where, outcome, reason, deciding, process.exe, objectKey(record.operation)].join('\0');
};

/** Class because it lives as long as the stream of events it thins out. */
export class RepeatFilter {
  readonly #options: Required<RepeatOptions>;
  /** In the order of `due`: an entry moves to the end when its interval begins. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: RepeatOptions) {
    this.#options = { intervalMs: INTERVAL_MS, limit: LIMIT, ...options };
  }

  /** Takes a violation; returns what is to be written now: it, if it is a first, and what became due. */
  take(record: ViolationRecord): readonly ViolationRecord[] {
    const written = this.flush();
    const key = keyOf(record);
    const known = this.#entries.get(key);
    if (known) {
      known.count += record.count ?? 1;
      known.first ??= record.firstTime ?? record.time;
      known.last = record;
      return written;
    }
    const forgotten = this.#entries.size >= this.#options.limit ? this.#forgetOldest() : [];
    const due = this.#options.now() + this.#options.intervalMs;
    this.#entries.set(key, { due, count: 0, first: undefined, last: record });
    return [...written, ...forgotten, record];
  }

  /** Records of the repeats whose interval has ended. One without repeats is forgotten. */
  flush(): readonly ViolationRecord[] {
    const now = this.#options.now();
    const written: ViolationRecord[] = [];
    for (const [key, entry] of this.#entries) {
      if (entry.due > now) break;
      this.#entries.delete(key);
      if (entry.count === 0) continue;
      written.push(reportOf(entry));
      const due = now + this.#options.intervalMs;
      this.#entries.set(key, { due, count: 0, first: undefined, last: entry.last });
    }
    return written;
  }

  /** Records of all repeats, due or not: at the end. */
  drain(): readonly ViolationRecord[] {
    const counted = [...this.#entries.values()].filter((entry) => entry.count > 0);
    this.#entries.clear();
    return counted.map(reportOf);
  }

  /** When `flush` next has work, in ms of the clock; `undefined` when nothing is followed. */
  get nextDue(): number | undefined {
    const [first] = this.#entries.values();
    return first?.due;
  }

  #forgetOldest(): readonly ViolationRecord[] {
    for (const [key, entry] of this.#entries) {
      this.#entries.delete(key);
      return entry.count > 0 ? [reportOf(entry)] : [];
    }
    return [];
  }
}

const reportOf = ({ last, count, first }: Entry): ViolationRecord => ({
  ...last,
  count,
  ...(first && { firstTime: first }),
});
