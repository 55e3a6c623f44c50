/** Small files that the next process reads: there whole or not at all, whenever this one is killed. */
import { renameSync, writeFileSync } from 'node:fs';
import { PinfoldError, reasonOf } from '../errors.js';

/** Replaces a file by `text`. Not synced: a power cut may take it, or leave what was there. @throws PinfoldError OutputFailed */
export const replaceFile = (file: string, text: string): void => {
  try {
    writeFileSync(`${file}.tmp`, text, { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
  } catch (cause) {
    throw new PinfoldError('OutputFailed', { file, problem: reasonOf(cause) }, { cause });
  }
};
