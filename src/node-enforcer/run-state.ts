/** State of a run for `get`, `describe` and `logs`: the profile with its status, and Events. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyProfile } from '../api/objects.js';
import type { AuditRecord, JudgingMode } from '../audit/record.js';
import type { Gap } from '../policy/ladder/types.js';
import { DirectoryStore } from '../store/directory/directory-store.js';
import { keyOf } from '../store/object-key.js';
import type { ObjectEvent } from '../store/store.js';
import { ViolationEvents } from './violation-events.js';
import { EMPTY_ACCOUNT, withRecord } from './violation-text.js';

const MAX_GAPS = 100;

export class RunState {
  readonly #store: DirectoryStore;
  readonly #profile: AnyProfile;
  readonly #mode: JudgingMode;
  readonly #since = new Date().toISOString();
  #gaps: readonly Gap[] = [];
  readonly #events = new ViolationEvents(Date.now());
  #account = EMPTY_ACCOUNT;
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
      this.#account = withRecord(this.#account, record);
      this.#events.add(key, record);
    }
    this.#write(this.#events.due(Date.now()));
    this.#pending = this.#pending.then(() => this.#writeStatus(true));
  }

  #write(events: readonly ObjectEvent[]): void {
    for (const event of events)
      this.#pending = this.#pending.then(() => this.#store.recordEvent(event));
  }

  /** Writes what waits. @throws PinfoldError OutputFailed for anything that could not be written */
  async close(): Promise<void> {
    this.#write(this.#events.rest(Date.now()));
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
        denied: this.#account.denied,
        audited: this.#account.audited,
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
      recentViolations: this.#account.recentViolations,
      gaps: this.#gaps.slice(0, MAX_GAPS).map(({ class: ruleClass, code, detail, rules }) => ({
        class: ruleClass,
        item: rules[0] ?? '*',
        reason: code,
        message: detail,
      })),
    });
  }
}
