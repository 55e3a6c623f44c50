/**
 * The audit log as a file that is only appended to. A line is in it whole or not at all; what could
 * not be written is counted, and the count is the first thing written once writing works again.
 * One writer per file.
 */
import { closeSync } from 'node:fs';
import { PinfoldError, reasonOf } from '../errors.js';
import { openLog, realCalls, writeLines, writeRest } from './log-file.js';
import type { FileCalls, LogFile } from './log-file.js';
import { LossAccount } from './loss-account.js';
import type { LossOptions } from './loss-account.js';
import { instantOf } from './record.js';
import type { AuditRecord, LossRecord } from './record.js';
import { RecordSerialiser } from './serialise.js';
import type { AuditSink, SinkHealth } from './sink-interface.js';

export interface FileSinkOptions extends LossOptions {
  /** EveryBatch: fdatasync after each write. Never (default): on flush and close only. */
  readonly sync?: 'Never' | 'EveryBatch';
  readonly calls?: FileCalls;
}

/** Missing end of a line that could not be taken back; with `report`, of that loss record. */
interface Rest {
  readonly bytes: Uint8Array;
  readonly report?: LossRecord;
}

export class FileSink implements AuditSink {
  readonly #options: FileSinkOptions;
  readonly #calls: FileCalls;
  readonly #syncAlways: boolean;
  readonly #account: LossAccount;
  readonly #serialiser = new RecordSerialiser();
  #log: LogFile | undefined;
  #rest: Rest | undefined;
  /** Why records that were written may not have reached the disk. */
  #doubt: string | undefined;

  /** Opens or creates the file. Throws PinfoldError AuditLogFailed where that is impossible. */
  constructor(options: FileSinkOptions) {
    this.#options = options;
    this.#calls = options.calls ?? realCalls;
    this.#syncAlways = options.sync === 'EveryBatch';
    this.#account = new LossAccount(options);
    this.#log = this.#open();
  }

  #open(): LogFile {
    try {
      const log = openLog(this.#options.file, this.#calls);
      if (log.repaired > 0) {
        this.#account.lose(log.repaired, new Error('a record was cut when its writer ended'));
      }
      return log;
    } catch (cause) {
      const fields = { file: this.#options.file, problem: reasonOf(cause), lost: 0 };
      throw new PinfoldError('AuditLogFailed', fields, { cause });
    }
  }

  write(batch: Uint8Array, records: number): void {
    this.#send(batch, records);
    if (this.#syncAlways) this.#sync();
  }

  flush(): void {
    this.#send(new Uint8Array(0), 0);
    this.#sync();
  }

  health(): SinkHealth {
    return this.#account.health();
  }

  /** After the file was renamed (log rotation): goes on in a new one. On failure the old one stays in use. */
  reopen(): void {
    this.flush();
    try {
      const next = this.#open();
      if (this.#log) closeSync(this.#log.fd);
      this.#log = next;
      this.#dropRest();
    } catch (error) {
      this.#account.lose(0, error instanceof PinfoldError ? error.cause : error);
    }
  }

  close(): void {
    if (!this.#log) return;
    this.flush();
    this.#dropRest();
    closeSync(this.#log.fd);
    this.#log = undefined;
  }

  /** A line that only began to be written cannot be completed any more. */
  #dropRest(): void {
    if (this.#rest && !this.#rest.report) {
      this.#account.lose(1, new Error('a record was written in part'));
    }
    this.#rest = undefined;
  }

  #send(batch: Uint8Array, records: number): void {
    if (!this.#log) {
      this.#account.lose(records, new Error('the log was closed'));
      return;
    }
    if (!this.#finishRest() || !this.#reportLosses() || !this.#reportDoubt()) {
      this.#account.lose(records, this.#cause());
      return;
    }
    if (records === 0 || this.#put(batch, records)) this.#account.works();
  }

  #cause(): unknown {
    const health = this.#account.health();
    return health.kind === 'Failing' ? health.error.cause : undefined;
  }

  #finishRest(): boolean {
    if (!this.#log || !this.#rest) return true;
    const { bytes, report } = this.#rest;
    const { rest, error } = writeRest(this.#log, bytes, this.#calls);
    if (error !== undefined) {
      this.#rest = { ...this.#rest, bytes: rest };
      this.#account.lose(0, error);
      return false;
    }
    this.#rest = undefined;
    if (report) this.#account.reported(report);
    return true;
  }

  #reportLosses(): boolean {
    const report = this.#account.report();
    if (!report) return true;
    if (this.#put(this.#bytesOf(report), 0)) {
      this.#account.reported(report);
      return true;
    }
    if (this.#rest) this.#rest = { ...this.#rest, report };
    return false;
  }

  #reportDoubt(): boolean {
    if (this.#doubt === undefined) return true;
    const detail = `records before this one may be missing after a crash: ${this.#doubt}`;
    const gap = {
      kind: 'gap',
      time: instantOf((this.#options.now ?? Date.now)()),
      node: this.#options.node,
      code: 'AuditLogNotDurable',
      detail,
    } as const;
    if (!this.#put(this.#bytesOf(gap), 0)) return false;
    this.#doubt = undefined;
    return true;
  }

  #bytesOf(record: AuditRecord): Uint8Array {
    return Buffer.from(this.#serialiser.line(record));
  }

  /** Writes lines; whether all of them are in the file. Records that are not are counted as lost. */
  #put(bytes: Uint8Array, records: number): boolean {
    if (!this.#log) return false;
    const { lines, rest, error } = writeLines(this.#log, bytes, this.#calls);
    if (error === undefined) return true;
    const begun = rest.length > 0 ? 1 : 0;
    this.#rest = begun ? { bytes: rest } : undefined;
    this.#account.lose(Math.max(0, records - lines - begun), error);
    return false;
  }

  #sync(): void {
    if (!this.#log?.regular) return;
    try {
      this.#calls.sync(this.#log.fd);
    } catch (error) {
      this.#doubt = reasonOf(error);
      this.#account.lose(0, error);
    }
  }
}
