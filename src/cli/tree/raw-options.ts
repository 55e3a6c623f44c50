/** Options as the parser leaves them, read with the type that a command wants. */
import { PinfoldError } from '../../errors.js';

const usage = (problem: string): PinfoldError => new PinfoldError('UsageError', { problem });

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90s`, `5m`, `1h30m` in milliseconds; undefined for anything else. */
export const durationOf = (text: string): number | undefined => {
  if (!/^(?:\d+(?:ms|[smhd]))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+)(ms|[smhd])/g);
  return [...parts].reduce((sum, [, n, unit]) => sum + Number(n) * (UNITS[unit ?? ''] ?? 0), 0);
};

export interface RawOptions {
  readonly flag: (name: string) => boolean;
  /** Throws UsageError for a value that is given and empty. */
  readonly text: (name: string) => string | undefined;
  readonly texts: (name: string) => readonly string[];
  /** One of `choices`; the parser has refused others, so that none is a defect here. */
  readonly choice: <Choice extends string>(
    name: string,
    choices: readonly Choice[],
  ) => Choice | undefined;
  /** Milliseconds, above 0. Throws UsageError. */
  readonly duration: (name: string) => number | undefined;
  /** A whole number from 1. Throws UsageError. */
  readonly positive: (name: string) => number | undefined;
}

const optionName = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** `values` by camelCase name of the option. */
export const rawOptions = (values: Readonly<Record<string, unknown>>): RawOptions => {
  const text = (name: string): string | undefined => {
    const value = values[name];
    if (value === '') throw usage(`${optionName(name)} is empty`);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    text,
    flag: (name) => values[name] === true,
    texts: (name) => {
      const value = values[name];
      const list = Array.isArray(value) ? value.map(String) : [];
      if (list.includes('')) throw usage(`${optionName(name)} is empty`);
      return list;
    },
    choice: (name, choices) => choices.find((choice) => choice === values[name]),
    duration: (name) => {
      const given = text(name);
      if (given === undefined) return undefined;
      const ms = durationOf(given);
      if (ms !== undefined && ms > 0 && Number.isSafeInteger(ms)) return ms;
      throw usage(`${optionName(name)} ${given} is no duration; expected such as 30s, 5m or 1h30m`);
    },
    positive: (name) => {
      const given = text(name);
      if (given === undefined) return undefined;
      const value = Number(given);
      if (/^\d+$/.test(given) && value > 0 && Number.isSafeInteger(value)) return value;
      throw usage(`${optionName(name)} ${given} is no whole number above 0`);
    },
  };
};
