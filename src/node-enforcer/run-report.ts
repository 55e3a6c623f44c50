/** Everything that is written down about one run, in order, between its Start and its Stop. */
import { hostname } from 'node:os';
import { instantOf } from '../audit/record.js';
import type { AuditRecord, JudgingMode, Outcome, Subject } from '../audit/record.js';
import type { Exit } from './launcher.js';

export class RunReport {
  readonly #mode: JudgingMode;
  readonly #subject: Subject;
  readonly #onRecords: (records: readonly AuditRecord[]) => void;
  readonly #flush: () => void;
  readonly #counts: Record<Outcome, number> = { Denied: 0, WouldDeny: 0, Observed: 0 };
  #lost = 0;
  #isStarted = false;

  constructor(
    mode: JudgingMode,
    subject: Subject,
    onRecords: (records: readonly AuditRecord[]) => void,
    flush: () => void,
  ) {
    this.#mode = mode;
    this.#subject = subject;
    this.#onRecords = onRecords;
    this.#flush = flush;
  }

  /** Operations by outcome; repeats count. */
  get counts(): Readonly<Record<Outcome, number>> {
    return this.#counts;
  }

  get lost(): number {
    return this.#lost;
  }

  /** Once; events of the program can arrive before the launcher's word that it runs. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#lifecycle('Start');
  }

  /** Records of one burst, and the end of the burst. */
  write(records: readonly AuditRecord[]): void {
    this.add(records);
    this.#flush();
  }

  add(records: readonly AuditRecord[]): void {
    if (records.length === 0) return;
    this.start();
    for (const record of records) {
      if (record.kind === 'violation') this.#counts[record.outcome] += record.count ?? 1;
      if (record.kind === 'loss') this.#lost += record.lost;
    }
    this.#onRecords(records);
  }

  /** The line of a violation was written already. */
  wrote(outcome: Outcome): void {
    this.#counts[outcome] += 1;
  }

  stop({ code, signal }: Exit): void {
    this.#lifecycle('Stop', {
      ...(code === null ? {} : { exitCode: code }),
      ...(signal === null ? {} : { signal }),
    });
  }

  #lifecycle(event: 'Start' | 'Stop', ending: { exitCode?: number; signal?: string } = {}): void {
    this.#onRecords([
      {
        kind: 'lifecycle',
        event,
        time: instantOf(Date.now()),
        node: hostname(),
        mode: this.#mode,
        subject: this.#subject,
        ...ending,
      },
    ]);
    this.#flush();
  }
}
