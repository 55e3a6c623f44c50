/** What takes long to make is kept outside the repository, under a digest of what it was made from. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cacheRoot = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pinfold', 'vm');

/**
 * The folder `name` as `build` makes it from `inputs`. Two that build the same at once both finish, and the
 * second one's work is dropped.
 */
export const cached = (
  name: string,
  inputs: readonly (string | Uint8Array)[],
  build: (folder: string) => void,
): string => {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(input).update('\0');
  const place = join(cacheRoot(), `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(place)) return place;
  mkdirSync(cacheRoot(), { recursive: true });
  const making = mkdtempSync(join(cacheRoot(), `.${name}-`));
  try {
    build(making);
    renameSync(making, place);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  }
  return place;
};
