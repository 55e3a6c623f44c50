/** The files that `lint` looks at: those named, and those below directories that are named. */
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PinfoldError } from '../../errors.js';
import type { CommandContext } from '../context.js';
import { unreadable } from '../input.js';

const MANIFEST = /\.(?:ya?ml|json)$/;

/** Hidden files and directories belong to editors and to version control. */
const isHidden = (path: string): boolean => path.split('/').some((part) => /^\.[^./]/.test(part));

const below = async (directory: string, name: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { recursive: true });
  const found = entries.filter((entry) => MANIFEST.test(entry) && !isHidden(entry)).sort();
  if (found.length === 0) throw new PinfoldError('DocumentEmpty', { file: name });
  return found.map((entry) => join(name, entry));
};

/**
 * Names of files for one name that the user gave. Throws FileUnreadable, and DocumentEmpty for a
 * directory without YAML or JSON: that nothing is wrong with nothing would be no answer.
 */
export const filesNamed = async (
  { cwd }: CommandContext,
  name: string,
): Promise<readonly string[]> => {
  if (name === '-') return [name];
  const path = resolve(cwd, name);
  try {
    return (await stat(path)).isDirectory() ? await below(path, name) : [name];
  } catch (thrown) {
    if (thrown instanceof PinfoldError) throw thrown;
    throw unreadable(name, thrown);
  }
};
