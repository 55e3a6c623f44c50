/** Results for programs. */
import { stringify } from 'yaml';

/** kubectl indents JSON by four spaces. */
const JSON_INDENT = 4;

/** Ends with a newline. */
export const serialised = (value: unknown, format: 'json' | 'yaml'): string =>
  format === 'json'
    ? `${JSON.stringify(value, undefined, JSON_INDENT)}\n`
    : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
