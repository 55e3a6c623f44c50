/**
 * What the next process has to know of this one, also after kill -9: when it was last alive, and
 * which cgroups it left under enforcement. Files below `node/` in the state directory.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PinfoldError, reasonOf } from '../../errors.js';
import { replaceFile } from '../../store/replace-file.js';
import type { ViolationAccount } from '../violation-text.js';

export interface Heartbeat {
  /** ms since the epoch. */
  readonly at: number;
  readonly pid: number;
  /** Whether it said goodbye. */
  readonly stopped: boolean;
}

/** A cgroup where something is refused without this process. */
export interface Enforced {
  /** Absolute path below the hierarchy's mount. */
  readonly cgroup: string;
  /** Ids of the profiles that are enforced there. */
  readonly profiles: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/** Undefined where it is missing or not what we wrote: then nothing is known of an earlier process. */
const read = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
};

const isAccount = (value: unknown): value is ViolationAccount =>
  isFields(value) &&
  typeof value.denied === 'number' &&
  typeof value.audited === 'number' &&
  Array.isArray(value.recentViolations);

export class RuntimeFiles {
  readonly #directory: string;
  #accountsText = '';

  /** Makes the directory. @throws PinfoldError OutputFailed */
  constructor(state: string) {
    this.#directory = join(state, 'node');
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new PinfoldError(
        'OutputFailed',
        { file: this.#directory, problem: reasonOf(cause) },
        { cause },
      );
    }
  }

  #file(name: string): string {
    return join(this.#directory, name);
  }

  #write(name: string, content: object): void {
    // It has to survive the process, not the machine, whose cgroups end with it.
    replaceFile(this.#file(name), `${JSON.stringify(content)}\n`);
  }

  heartbeat(): Heartbeat | undefined {
    const value = read(this.#file('heartbeat.json'));
    if (!isFields(value)) return undefined;
    const { at, pid, stopped } = value;
    if (typeof at !== 'number' || typeof pid !== 'number') return undefined;
    return { at, pid, stopped: stopped === true };
  }

  beat(at: number, stopped = false): void {
    this.#write('heartbeat.json', { at, pid: process.pid, stopped } satisfies Heartbeat);
  }

  /** Counts and last violations of each profile, by its id. */
  accounts(): ReadonlyMap<string, ViolationAccount> {
    const value = read(this.#file('accounts.json'));
    if (!isFields(value)) return new Map();
    return new Map(
      Object.entries(value).flatMap(([id, account]) => (isAccount(account) ? [[id, account]] : [])),
    );
  }

  /** Written where something changed since the last call. */
  setAccounts(accounts: ReadonlyMap<string, ViolationAccount>): void {
    const text = JSON.stringify(Object.fromEntries(accounts));
    if (text === this.#accountsText) return;
    this.#write('accounts.json', Object.fromEntries(accounts));
    this.#accountsText = text;
  }

  enforced(): readonly Enforced[] {
    const value = read(this.#file('enforced.json'));
    const list: readonly unknown[] =
      isFields(value) && Array.isArray(value.cgroups) ? value.cgroups : [];
    return list.flatMap((each): readonly Enforced[] => {
      if (!isFields(each)) return [];
      const { cgroup, profiles } = each;
      return typeof cgroup === 'string' && isTexts(profiles) ? [{ cgroup, profiles }] : [];
    });
  }

  /** Written before programs are attached, so that none is ever forgotten. */
  setEnforced(cgroups: readonly Enforced[]): void {
    this.#write('enforced.json', { cgroups });
  }
}
