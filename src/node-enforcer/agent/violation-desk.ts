/** What follows from a violation: counts, an Event, and the death of the process where asked for. */
import type { Logger } from 'pino';
import type { AnyProfile } from '../../api/objects.js';
import type { ViolationRecord } from '../../audit/record.js';
import { keyOf } from '../../store/object-key.js';
import type { ObjectStore, PodReference } from '../../store/store.js';
import { killIn } from './killer.js';
import type { Ledger } from './ledger.js';
import type { Violation } from '../judging.js';
import { ViolationEvents } from '../violation-events.js';

/** Where a violation happened. */
export interface Scene {
  /** The cgroup, as a directory. */
  readonly directory: string;
  /** The profile of an id, while it is stored. */
  readonly profileOf: (id: string) => AnyProfile | undefined;
  /** Whose container it was: its Events are about the pod. */
  readonly pod?: PodReference;
}

export class ViolationDesk {
  readonly #ledger: Ledger;
  readonly #log: Logger;
  readonly #events = new ViolationEvents(Date.now());

  constructor(ledger: Ledger, log: Logger) {
    this.#ledger = ledger;
    this.#log = log;
  }

  take(
    { profile: { id }, record, kill }: Violation,
    { directory, profileOf, pod }: Scene,
  ): ViolationRecord {
    if (kill) this.#kill(record, directory);
    const profile = profileOf(id);
    if (profile !== undefined) {
      this.#ledger.add(id, record);
      this.#events.add(pod ?? keyOf(profile), record);
    }
    return record;
  }

  /** Writes the Events that may be written now. */
  async writeEvents(store: ObjectStore): Promise<void> {
    for (const event of this.#events.due(Date.now())) await store.recordEvent(event);
  }

  #kill({ process: culprit, subject, class: ruleClass }: ViolationRecord, directory: string): void {
    const { pid, comm, exe } = culprit;
    if (!killIn(pid, directory)) return;
    this.#log.warn(
      { profile: subject.profile, pid, comm, exe, class: ruleClass },
      'process killed',
    );
  }
}
