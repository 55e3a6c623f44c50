/** Failures as they are reported: code and text, without the error object, which no thread can pass on. */
import { PinfoldError, reasonOf } from '../../errors.js';
import type { ErrorCode, ErrorFields } from '../../errors.js';
import type { Failure } from './machine.js';

export const failureOf = (code: ErrorCode, fields: ErrorFields): Failure => ({
  code,
  message: new PinfoldError(code, fields).message,
});

/** Of anything thrown; what is no error of ours is reported under `code`. */
export const failureFrom = (thrown: unknown, code: ErrorCode): Failure =>
  thrown instanceof PinfoldError
    ? { code: thrown.code, message: thrown.message }
    : failureOf(code, { problem: reasonOf(thrown) });
