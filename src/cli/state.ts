/** The state directory of `pinfold up`, read by commands of other processes. */
import { stat } from 'node:fs/promises';
import { PinfoldError } from '../errors.js';
import { readState as readDirectory } from '../store/directory/reader.js';
import type { ObjectReader } from '../store/directory/reader.js';
import type { CommandContext } from './context.js';

/** Throws StateMissing where there is no such directory: an empty list would hide a slip of the pen. */
export const readState = async ({ settings }: CommandContext): Promise<ObjectReader> => {
  const { stateDirectory: directory } = settings;
  const isThere = await stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere) throw new PinfoldError('StateMissing', { directory });
  return readDirectory(directory);
};
