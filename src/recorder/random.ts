/**
 * Random, serial and dated parts in the names of files that the workload makes. A guess by its
 * nature: the better the evidence that the file is temporary, the weaker a sign is believed.
 */
import type { Generalised } from './generalisation.js';

export interface NameSetting {
  /** The file is in a directory for temporary files. */
  readonly temporary: boolean;
  /** The workload was seen to make this very file. */
  readonly created: boolean;
  readonly pids: ReadonlySet<number>;
}

/** Names that say of themselves that they will not stay. */
const MARKED = /te?mp|swp|\.part|~$|^\.|\.lock|\.sock|sess/i;

/**
 * Idioms whose random part may look like a word. mkstemp(3) replaces six characters, mktemp(1)
 * makes ten after `tmp.`, Python's tempfile eight after `tmp`, gcc six after `cc`, sort six after
 * `sort`, libffi six after `ffi`.
 */
const IDIOMS = [
  /^()tmp\.[A-Za-z0-9]{10}$/,
  /^()tmp[a-z0-9_]{8}(?![a-z0-9_])/,
  /^()(?:cc|sort|ffi)[A-Za-z0-9]{6}(?![A-Za-z0-9])/,
];
const IDIOM_PREFIX = /^(?:tmp\.?|cc|sort|ffi)/;

const DATE =
  /(?<!\d)(?:19|20)\d\d([-_.]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])(?!\d{1,3}(?!\d))/;
/** Seconds, milli-, micro- or nanoseconds since 1970, for the years 2017 to 2033. */
const EPOCH = /(?<!\d)1[5-9]\d{8}(?:\d{3}){0,3}(?!\d)/;

/**
 * The file with which Python's tempfile tries a directory: eight characters and nothing else. A word
 * with a number behind it is not taken for one.
 */
const isTrial = (name: string): boolean =>
  /^(?=.*\d)[a-z0-9_]{8}$/.test(name) && !/^[a-z]+_?\d+$/.test(name);

const idiom = (name: string, { created }: NameSetting): Generalised | undefined => {
  if (created && isTrial(name)) return { prefix: '', rule: 'TempName' };
  if (!IDIOMS.some((pattern) => pattern.test(name))) return undefined;
  return { prefix: IDIOM_PREFIX.exec(name)?.[0] ?? '', rule: 'TempName' };
};

const number = (name: string, setting: NameSetting): Generalised | undefined => {
  const trusting = setting.temporary || MARKED.test(name);
  for (const match of name.matchAll(/\d+/g)) {
    const digits = match[0];
    const prefix = name.slice(0, match.index);
    const after = name.charAt(match.index + digits.length);
    const alone = !/[0-9A-Za-z]$/.test(prefix) && !/[A-Za-z]/.test(after);
    if (digits.length >= 8)
      return { prefix, rule: digits.startsWith('0') ? 'Counter' : 'TempName' };
    if (setting.pids.has(Number(digits)) && (alone || digits.length >= 3))
      return { prefix, rule: 'PidInName' };
    if (setting.pids.size === 0 && trusting && alone && digits.length >= 4)
      return { prefix, rule: 'PidInName' };
    if (trusting && digits.length >= 5) return { prefix, rule: 'TempName' };
  }
  return undefined;
};

/** How often the kind of character changes; a capital that starts a word is not a change. */
const changes = (text: string): number => {
  const kinds = Array.from(text).map((c) => (/\d/.test(c) ? 'd' : /[A-Z]/.test(c) ? 'u' : 'l'));
  return kinds.filter((kind, at) => {
    const before = kinds[at - 1];
    return before !== undefined && before !== kind && !(before === 'u' && kind === 'l');
  }).length;
};

const isSurelyRandom = (run: string): boolean =>
  changes(run) >= 3 ||
  (/\d/.test(run) && /[A-Z]/.test(run) && /[a-z]/.test(run) && changes(run) >= 2) ||
  (run.length >= 8 && /^[0-9a-f]+$/.test(run) && /\d/.test(run) && /[a-f]/.test(run));

const isPerhapsRandom = (run: string): boolean =>
  changes(run) >= 2 ||
  ([6, 8, 10].includes(run.length) && changes(run) >= 1 && !/^[A-Za-z]+\d{1,3}$/.test(run));

const random = (name: string, setting: NameSetting): Generalised | undefined => {
  const trusting = setting.temporary || MARKED.test(name);
  for (const match of name.matchAll(/[0-9A-Za-z]{6,}/g)) {
    const run = match[0];
    const prefix = name.slice(0, match.index);
    const convincing = trusting && /[^.]/.test(prefix) ? isPerhapsRandom : isSurelyRandom;
    if (!convincing(run)) continue;
    // `sortAb12Xz`: a word, then mkstemp's six.
    const word = run.slice(0, -6);
    const worded = prefix === '' && /^[A-Za-z]?[a-z]+$/.test(word) && word.length >= 2;
    return { prefix: worded ? word : prefix, rule: 'TempName' };
  }
  return undefined;
};

const matched = (name: string, pattern: RegExp): Generalised | undefined => {
  const match = pattern.exec(name);
  return match === null ? undefined : { prefix: name.slice(0, match.index), rule: 'Timestamp' };
};

/** The first part of `name` that looks made up for one run, or `undefined`. */
export const randomPart = (name: string, setting: NameSetting): Generalised | undefined => {
  const idiomatic = setting.temporary ? idiom(name, setting) : undefined;
  if (idiomatic !== undefined) return idiomatic;
  const dated = matched(name, DATE) ?? matched(name, EPOCH);
  const others = [number(name, setting), random(name, setting)];
  return others.reduce<Generalised | undefined>(
    (best, next) =>
      next !== undefined && (best === undefined || next.prefix.length < best.prefix.length)
        ? next
        : best,
    dated,
  );
};
