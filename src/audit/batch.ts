/** Lines of many records in one reused buffer: what a sink is handed. */
import { MAX_RECORD_BYTES } from './record.js';
import type { AuditRecord } from './record.js';
import { RecordSerialiser } from './serialise.js';
import type { AuditSink } from './sink-interface.js';

/** Default capacity in bytes: some 600 records, one write. */
const CAPACITY = 256 * 1024;

/** A buffer of whole lines. `bytes` is a view: valid until the next `add` or `clear`. */
export class RecordBatch {
  readonly #buffer: Buffer;
  readonly #serialiser = new RecordSerialiser();
  #used = 0;
  #records = 0;

  /** `capacity` in bytes, at least MAX_RECORD_BYTES. */
  constructor(capacity: number = CAPACITY) {
    this.#buffer = Buffer.allocUnsafe(Math.max(capacity, MAX_RECORD_BYTES));
  }

  /** Whole records held. */
  get records(): number {
    return this.#records;
  }

  /** The lines, without copying them. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#used);
  }

  /** Whether a line of any length fits. */
  get hasRoom(): boolean {
    return this.#buffer.length - this.#used >= MAX_RECORD_BYTES;
  }

  /** For one who writes a line himself: into `buffer` from `end` on, then says where it ends. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  get end(): number {
    return this.#used;
  }

  /** A whole line was written up to `end`. */
  wrote(end: number): void {
    this.#used = end;
    this.#records += 1;
  }

  /** Appends a record; `false`, and nothing changed, where the batch has to be written first. */
  add(record: AuditRecord): boolean {
    if (!this.hasRoom) return false;
    this.#used += this.#buffer.write(this.#serialiser.line(record), this.#used, 'utf8');
    this.#records += 1;
    return true;
  }

  /** Hands what is held to a sink and empties the batch. */
  writeTo(sink: AuditSink): void {
    if (this.#records > 0) sink.write(this.bytes, this.#records);
    this.clear();
  }

  clear(): void {
    this.#used = 0;
    this.#records = 0;
  }
}

/** Lines on their way to a sink: a batch goes when it is full, what remains with `flush`. */
export class BatchedLines {
  readonly #batch = new RecordBatch();
  readonly #sink: AuditSink;

  constructor(sink: AuditSink) {
    this.#sink = sink;
  }

  add(record: AuditRecord): void {
    this.room().add(record);
  }

  /** The batch, with room for a line of any length. */
  room(): RecordBatch {
    if (!this.#batch.hasRoom) this.flush();
    return this.#batch;
  }

  flush(): void {
    this.#batch.writeTo(this.#sink);
  }
}

/** Writes all records to a sink through `batch`: one `write` per full batch and one for the rest. */
export const writeRecords = (
  records: Iterable<AuditRecord>,
  batch: RecordBatch,
  sink: AuditSink,
): void => {
  for (const record of records) {
    if (batch.add(record)) continue;
    batch.writeTo(sink);
    batch.add(record);
  }
  batch.writeTo(sink);
};
