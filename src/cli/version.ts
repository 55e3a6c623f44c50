/** The version of this program, from its package.json. */
import { readFileSync } from 'node:fs';
import { PinfoldError, hasErrno } from '../errors.js';

/** The sources lie two folders below package.json, what is built of them three. */
const CANDIDATES = ['../../package.json', '../../../package.json'];

const read = (url: URL): string | undefined => {
  try {
    return readFileSync(url, 'utf8');
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
};

/** Such as `0.1.0`. */
export const packageVersion = (): string => {
  for (const candidate of CANDIDATES) {
    const text = read(new URL(candidate, import.meta.url));
    if (text === undefined) continue;
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'version' in parsed)
      return String(parsed.version);
  }
  throw new PinfoldError('Internal', { problem: 'package.json was not found' });
};
