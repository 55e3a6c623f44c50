/** How a command's failure is told and which exit status it gets. */
import { EXIT, ERRORS, PinfoldError, reasonOf } from '../errors.js';
import type { Output } from './context.js';
import { printableLines } from './print/printable.js';

/** Everything else that was thrown is a defect, and says so. */
export const asPinfoldError = (thrown: unknown): PinfoldError =>
  thrown instanceof PinfoldError
    ? thrown
    : new PinfoldError('Internal', { problem: reasonOf(thrown) }, { cause: thrown });

const stackOf = (thrown: unknown): string =>
  thrown instanceof Error && thrown.stack !== undefined ? `${thrown.stack}\n` : '';

/**
 * `error: CODE: what happened`, then what to do about it; under `debug` also the stack of what was
 * not thrown on purpose.
 */
export const reportError = (thrown: unknown, stderr: Output, debug: boolean): void => {
  const error = asPinfoldError(thrown);
  const stack = debug && error.code === 'Internal' ? stackOf(error.cause ?? error) : '';
  stderr.write(printableLines(`error: ${error.code}: ${error.message}\n${error.remedy}\n${stack}`));
};

/**
 * Exit status for a failure. `run` must not be mistaken for the command that it runs, so there every
 * failure of its own is 125, except that the command is missing (127) or not executable (126).
 */
export const exitStatusOf = (thrown: unknown, runsCommand: boolean): number => {
  const error = asPinfoldError(thrown);
  if (!runsCommand) return error.exitCode;
  const errorClass = ERRORS[error.code].class;
  return errorClass === 'CannotExecute' || errorClass === 'CommandNotFound'
    ? error.exitCode
    : EXIT.runOwnFailure;
};
