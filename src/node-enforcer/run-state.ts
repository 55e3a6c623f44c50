/** State of a run for `get`, `describe` and `logs`: the profile with its status, and Events. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyProfile, Violation } from '../api/objects.js';
import type { AuditRecord, JudgingMode, ViolationRecord } from '../audit/record.js';
import type { Gap } from '../policy/ladder/types.js';
import { DirectoryStore } from '../store/directory/directory-store.js';
import { keyOf } from '../store/object-key.js';
import { eventOf, operationNote } from './violation-events.js';

const MAX_RECENT = 10;
const MAX_GAPS = 100;

const timeOf = ({ seconds, nanos }: ViolationRecord['time']): string =>
  new Date(seconds * 1000 + Math.floor(nanos / 1e6)).toISOString();

const sameViolation = (a: Violation, b: Violation): boolean =>
  a.action === b.action && a.class === b.class && a.object === b.object;

const violationOf = (record: ViolationRecord): Violation => {
  const [operation = '', ...object] = operationNote(record.operation).split(' ');
  return {
    time: timeOf(record.time),
    action: record.outcome === 'Denied' ? 'Denied' : 'Audited',
    class: record.class,
    operation,
    object: object.join(' '),
    ...(record.rule === undefined ? {} : { rule: record.rule.text }),
    ...(record.process.exe === '' ? {} : { program: record.process.exe }),
    node: record.node,
    count: record.count ?? 1,
  };
};

/** The last violations, newest first, equal ones once with their count. */
export const withViolation = (
  recent: readonly Violation[],
  record: ViolationRecord,
): readonly Violation[] => {
  const next = violationOf(record);
  const known = recent.find((each) => sameViolation(each, next));
  const others = recent.filter((each) => each !== known);
  return [{ ...next, count: next.count + (known?.count ?? 0) }, ...others].slice(0, MAX_RECENT);
};

export class RunState {
  readonly #store: DirectoryStore;
  readonly #profile: AnyProfile;
  readonly #mode: JudgingMode;
  readonly #since = new Date().toISOString();
  #gaps: readonly Gap[] = [];
  #recent: readonly Violation[] = [];
  #denied = 0;
  #audited = 0;
  #pending: Promise<void> = Promise.resolve();

  private constructor(store: DirectoryStore, profile: AnyProfile, mode: JudgingMode) {
    this.#store = store;
    this.#profile = profile;
    this.#mode = mode;
  }

  /** @throws PinfoldError StateLocked where another process keeps its state there, OutputFailed */
  static async open(directory: string, profile: AnyProfile, mode: JudgingMode): Promise<RunState> {
    const manifests = join(directory, 'manifests');
    await mkdir(manifests, { recursive: true });
    const store = await DirectoryStore.open({ manifests, state: directory });
    await store.apply(profile);
    return new RunState(store, profile, mode);
  }

  gaps(gaps: readonly Gap[]): void {
    this.#gaps = gaps;
  }

  /** Takes records as they happen; Events are written in order behind the caller's back. */
  take(records: readonly AuditRecord[]): void {
    const key = keyOf(this.#profile);
    for (const record of records) {
      if (record.kind !== 'violation') continue;
      if (record.outcome === 'Denied') this.#denied += record.count ?? 1;
      else this.#audited += record.count ?? 1;
      this.#recent = withViolation(this.#recent, record);
      const event = eventOf(record, key);
      this.#pending = this.#pending.then(() => this.#store.recordEvent(event));
    }
    this.#pending = this.#pending.then(() => this.#writeStatus(true));
  }

  /** Writes what waits. @throws PinfoldError OutputFailed for anything that could not be written */
  async close(): Promise<void> {
    try {
      await this.#pending;
      await this.#writeStatus(false);
    } finally {
      await this.#store.close();
    }
  }

  #writeStatus(running: boolean): Promise<void> {
    const generation = this.#profile.metadata.generation ?? 1;
    const lastTransitionTime = this.#since;
    const condition = (type: string, holds: boolean, reason: string, message: string) => ({
      type,
      status: holds ? 'True' : 'False',
      observedGeneration: generation,
      lastTransitionTime,
      reason,
      message,
    });
    const degraded = this.#gaps.length > 0;
    return this.#store.applyStatus(keyOf(this.#profile), {
      observedGeneration: generation,
      mode: this.#mode,
      phase: degraded ? 'Degraded' : 'Active',
      counts: {
        matchedContainers: running ? 1 : 0,
        denied: this.#denied,
        audited: this.#audited,
        gaps: this.#gaps.length,
      },
      conditions: [
        condition('Accepted', true, 'Valid', 'composed without a problem'),
        condition(
          'Enforcing',
          running && this.#mode === 'Enforce',
          running ? this.#mode : 'Ended',
          running ? 'the command runs under the profile' : 'the command has ended',
        ),
        condition(
          'Degraded',
          degraded,
          degraded ? 'NotExpressible' : 'Expressible',
          degraded
            ? `${String(this.#gaps.length)} part(s) are observed, not enforced`
            : 'this machine enforces all of it',
        ),
      ],
      recentViolations: this.#recent,
      gaps: this.#gaps.slice(0, MAX_GAPS).map(({ class: ruleClass, code, detail, rules }) => ({
        class: ruleClass,
        item: rules[0] ?? '*',
        reason: code,
        message: detail,
      })),
    });
  }
}
