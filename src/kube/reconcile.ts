/** How a reconciler ends: it returns, asks to be called again, or throws. */
import type { PinfoldError } from '../errors.js';

/** Nothing: done until something changes. */
export type Outcome = { readonly requeueAfterMs: number } | undefined;

/** Trying again would not help: the condition says why, and the key rests until its input changes. */
export class TerminalError extends Error {
  override readonly cause: PinfoldError;

  constructor(cause: PinfoldError) {
    super(cause.message, { cause });
    this.name = 'TerminalError';
    this.cause = cause;
  }
}
