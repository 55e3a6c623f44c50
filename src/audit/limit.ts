/** Keeps a line below the hard limit: shortens what is long and says so in `truncated`. */
import { MAX_RECORD_BYTES } from './record.js';
import type { WireRecord } from './wire.js';
import { jsonText } from './quote.js';

/**
 * Serialised bytes that one text may keep, tried in turn. A record has at most 20 texts of free
 * length and under 2 KiB of names and numbers, so the last step always fits.
 */
const TEXT_LIMITS = [1536, 512, 128] as const;

/** Names inside such objects carry their own prefix; these two are part of the record itself. */
const UNTOUCHED: ReadonlySet<string> = new Set(['schema', 'truncated']);

/** The text of a wire record, newline included. */
export const lineOf = (wire: WireRecord): string => `${jsonText(wire)}\n`;

const sizeOf = (text: string): number => Buffer.byteLength(jsonText(text)) - 2;

/** Longest prefix of `text` whose serialised form has at most `limit` bytes; never half a character. */
const clip = (text: string, limit: number): string => {
  let size = 0;
  let end = 0;
  for (const character of text) {
    size += sizeOf(character);
    if (size > limit) break;
    end += character.length;
  }
  return text.slice(0, end);
};

/** base64 stays decodable at a multiple of four characters. */
const clipBase64 = (text: string, limit: number): string => text.slice(0, limit - (limit % 4));

const shortened = (
  value: unknown,
  name: string,
  path: string,
  limit: number,
  cut: string[],
): unknown => {
  if (typeof value === 'string') {
    const result = name.endsWith('Base64') ? clipBase64(value, limit) : clip(value, limit);
    if (result.length < value.length) cut.push(path);
    return result;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, inner]: [string, unknown]) => [
    key,
    UNTOUCHED.has(key) ? inner : shortened(inner, key, path ? `${path}.${key}` : key, limit, cut),
  ]);
  return Object.fromEntries(entries);
};

/** argv goes first: it is the longest and the least needed. */
const withoutArgv = (wire: WireRecord, cut: string[]): WireRecord => {
  if (wire.kind !== 'violation') return wire;
  const { argv, argvBase64, ...process } = wire.process;
  if (!argv && !argvBase64) return wire;
  cut.push('process.argv');
  return { ...wire, process };
};

/** The line of a record that may be too long: at most MAX_RECORD_BYTES, still valid against the schema. */
export const limitedLine = (wire: WireRecord): string => {
  const whole = lineOf(wire);
  if (Buffer.byteLength(whole) <= MAX_RECORD_BYTES) return whole;
  const dropped: string[] = [];
  const lean = withoutArgv(wire, dropped);
  let line = whole;
  for (const limit of [Infinity, ...TEXT_LIMITS]) {
    const cut = [...dropped];
    const fields = limit === Infinity ? lean : shortened(lean, '', '', limit, cut);
    line = `${jsonText({ ...(fields as WireRecord), truncated: cut })}\n`;
    if (cut.length > 0 && Buffer.byteLength(line) <= MAX_RECORD_BYTES) return line;
  }
  return line;
};
