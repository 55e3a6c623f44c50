/** What a sink could not write: counted exactly, reported in the log itself once it can be. */
import { PinfoldError, reasonOf } from '../errors.js';
import { instantOf } from './record.js';
import type { Instant, LossRecord } from './record.js';
import type { SinkHealth } from './sink-interface.js';

export interface LossOptions {
  /** Name of the destination, for messages. */
  readonly file: string;
  /** Name of this machine, for loss records. */
  readonly node: string;
  /** Clock: ms since the epoch. */
  readonly now?: () => number;
  /** Called when the sink begins to fail and when it works again; must not throw. */
  readonly onHealth?: (health: SinkHealth) => void;
}

export class LossAccount {
  readonly #options: LossOptions;
  #total = 0;
  #unreported = 0;
  #since: Instant | undefined;
  #problem = '';
  #failure: PinfoldError | undefined;

  constructor(options: LossOptions) {
    this.#options = options;
  }

  #instant(): Instant {
    return instantOf((this.#options.now ?? Date.now)());
  }

  /** `records` were lost for `cause`; 0 where something failed and nothing is known to be lost. */
  lose(records: number, cause: unknown): void {
    this.#total += records;
    this.#unreported += records;
    if (records > 0) this.#since ??= this.#instant();
    this.#problem = reasonOf(cause);
    const wasHealthy = this.#failure === undefined;
    this.#failure = this.#errorFor(cause);
    if (wasHealthy) this.#options.onHealth?.(this.health());
  }

  /** What has to be written before any other record, or nothing. */
  report(): LossRecord | undefined {
    if (this.#unreported === 0) return undefined;
    return {
      kind: 'loss',
      time: this.#instant(),
      node: this.#options.node,
      where: 'Sink',
      lost: this.#unreported,
      detail: this.#problem,
      ...(this.#since && { firstTime: this.#since }),
    };
  }

  /** A report was written. */
  reported({ lost }: LossRecord): void {
    this.#unreported -= lost;
    this.#since = undefined;
  }

  /** A report that was taken for written was lost itself: what it counted is to be reported again. */
  notReported({ lost }: LossRecord, cause: unknown): void {
    this.#unreported += lost;
    this.lose(0, cause);
  }

  /** Writing works. */
  works(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#options.onHealth?.(this.health());
  }

  health(): SinkHealth {
    return this.#failure
      ? { kind: 'Failing', error: this.#errorFor(this.#failure.cause), lost: this.#total }
      : { kind: 'Healthy', lost: this.#total };
  }

  #errorFor(cause: unknown): PinfoldError {
    const fields = { file: this.#options.file, problem: this.#problem, lost: this.#total };
    return new PinfoldError('AuditLogFailed', fields, { cause });
  }
}
