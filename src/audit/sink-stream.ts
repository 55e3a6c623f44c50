/** Lines to a stream, standard output above all. A reader that is too slow costs records, not memory. */
import type { Writable } from 'node:stream';
import { LossAccount } from './loss-account.js';
import type { LossOptions } from './loss-account.js';
import { RecordSerialiser } from './serialise.js';
import type { AuditSink, SinkHealth } from './sink-interface.js';

export interface StreamSinkOptions extends LossOptions {
  readonly stream: Writable;
  /** Bytes that may wait for the reader. */
  readonly limitBytes?: number;
}

/** 2,000 records or more: rides out a reader that stops for a moment. */
const LIMIT = 1024 * 1024;

export class StreamSink implements AuditSink {
  readonly #stream: Writable;
  readonly #limit: number;
  readonly #account: LossAccount;
  readonly #serialiser = new RecordSerialiser();

  constructor(options: StreamSinkOptions) {
    this.#stream = options.stream;
    this.#limit = options.limitBytes ?? LIMIT;
    this.#account = new LossAccount(options);
    // Without a listener a reader that goes away (EPIPE) would end the enforcer.
    this.#stream.on('error', (error) => {
      this.#account.lose(0, error);
    });
  }

  write(batch: Uint8Array, records: number): void {
    const report = this.#account.report();
    const line = report ? Buffer.from(this.#serialiser.line(report)) : new Uint8Array(0);
    if (!this.#stream.writable) {
      this.#account.lose(records, new Error('the stream was closed'));
      return;
    }
    if (this.#stream.writableLength + line.length + batch.length > this.#limit) {
      this.#account.lose(records, new Error(`the reader is ${this.#limit} bytes behind`));
      return;
    }
    if (report) {
      this.#account.reported(report);
      this.#stream.write(line, (error) => {
        if (error) this.#account.notReported(report, error);
      });
    }
    if (records > 0) {
      this.#stream.write(Buffer.from(batch), (error) => {
        if (error) this.#account.lose(records, error);
      });
    }
    this.#account.works();
  }

  flush(): void {
    if (this.#account.report()) this.write(new Uint8Array(0), 0);
  }

  health(): SinkHealth {
    return this.#account.health();
  }

  /** The stream belongs to its owner and stays open. */
  close(): void {
    this.flush();
  }
}
