/** JSON text: string literals fast where nothing needs escaping (nearly always). */
import { wellFormed } from '../policy/cloak.js';

/** DEL, C1 controls, line separators and marks that reverse text: JSON allows them, a terminal may obey them. */
const steering = '\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069';
const needsCare = new RegExp(`["\\\\\\u0000-\\u001f\\ud800-\\udfff${steering}]`);
const beyondJson = new RegExp(`[${steering}]`, 'g');

const unicodeEscape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Whether a text can stand between quotes as it is: no escape, no surrogate. */
export const isPlain = (text: string): boolean => !needsCare.test(text);

/** JSON in which what a terminal might obey is escaped too. Lone surrogates are the caller's concern. */
export const jsonText = (value: object | string): string =>
  JSON.stringify(value).replace(beyondJson, unicodeEscape);

/** A JSON string literal, quotes included; lone surrogates become U+FFFD. */
export const quote = (text: string): string =>
  isPlain(text) ? `"${text}"` : jsonText(wellFormed(text));
