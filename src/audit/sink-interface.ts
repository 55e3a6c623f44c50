/** Where lines go. A sink never throws for a destination that fails: it counts, and says so in `health`. */
import type { PinfoldError } from '../errors.js';

export type SinkHealth =
  | { readonly kind: 'Healthy'; readonly lost: number }
  | {
      readonly kind: 'Failing';
      /** AuditLogFailed, with the cause. */
      readonly error: PinfoldError;
      /** Records lost since the sink was opened. */
      readonly lost: number;
    };

export interface AuditSink {
  /** Takes whole lines. `batch` belongs to the caller again when the call returns. */
  write(batch: Uint8Array, records: number): void;
  /** Tries again what failed and, where the sink can, makes what was written durable. */
  flush(): void;
  health(): SinkHealth;
  /** Writes what can be written and releases the destination; the sink takes nothing afterwards. */
  close(): void;
}
