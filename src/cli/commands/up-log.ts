/** Diagnostics of `pinfold up`: JSON lines for machines, short lines for a terminal. */
import { pino } from 'pino';
import type { Logger } from 'pino';
import type { Output } from '../context.js';
import { printable } from '../print/printable.js';

const LEVELS: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

const PLAIN = new Set(['level', 'time', 'msg']);

const fieldText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

/** `12:03:04 warn  manifest rejected  file=a.yaml code=YamlMalformed`. */
export const terminalLine = (json: string): string => {
  const entry = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const time = typeof entry.time === 'number' ? new Date(entry.time) : new Date();
  const level = LEVELS[Number(entry.level)] ?? 'info';
  const fields = Object.entries(entry)
    .filter(([name, value]) => !PLAIN.has(name) && value !== undefined)
    .map(([name, value]) => `${name}=${fieldText(value)}`);
  const head = `${time.toISOString().slice(11, 19)} ${level.padEnd(5)} ${String(entry.msg)}`;
  return `${printable([head, ...fields].join('  '))}\n`;
};

export const createLog = (stderr: Output, isTerminal: boolean, debug: boolean): Logger =>
  pino(
    { level: debug ? 'debug' : 'info', base: null },
    {
      write: (line: string) => {
        stderr.write(isTerminal ? terminalLine(line) : line);
      },
    },
  );
