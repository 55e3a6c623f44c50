/** Where a serving process writes its audit records, and what becomes of a destination that fails. */
import type { Logger } from 'pino';
import { RecordBatch, writeRecords } from '../audit/batch.js';
import type { AuditRecord } from '../audit/record.js';
import type { AuditSink } from '../audit/sink-interface.js';

/** ms between attempts to write what a destination could not take. */
const RETRY_MS = 1_000;

export class AuditOutput {
  readonly #sink: AuditSink;
  readonly #log: Logger;
  readonly #batch = new RecordBatch();
  readonly #timer: NodeJS.Timeout;
  #isFailing = false;

  constructor(sink: AuditSink, log: Logger) {
    this.#sink = sink;
    this.#log = log;
    this.#timer = setInterval(() => {
      this.#tend();
    }, RETRY_MS).unref();
  }

  /** Writes records in order; says how many of all so far could not be written. */
  write(records: readonly AuditRecord[]): number {
    writeRecords(records, this.#batch, this.#sink);
    return this.#sink.health().lost;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#sink.close();
  }

  /** Retries what could not be written, and says when that begins and ends. */
  #tend(): void {
    this.#sink.flush();
    const health = this.#sink.health();
    if (health.kind === 'Failing' && !this.#isFailing)
      this.#log.error(
        { code: health.error.code, problem: health.error.message },
        'audit log failing',
      );
    if (health.kind === 'Healthy' && this.#isFailing)
      this.#log.info({ lost: health.lost }, 'audit log works again');
    this.#isFailing = health.kind === 'Failing';
  }
}
