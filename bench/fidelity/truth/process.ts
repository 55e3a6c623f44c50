/** What a traced process is known by while its calls are read: where it is and what it runs. */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cloak } from '../../../src/policy/cloak.js';
import { descriptor, quoted, unescape } from './line.js';
import type { Call } from './line.js';

/** Canonical form of a path: links followed as far as its directories still exist. */
export const canonical = (path: string): string => {
  const bytes = Buffer.from(path, 'latin1');
  try {
    return realpathSync(bytes, 'latin1');
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(canonical(parent), path.slice(parent.length));
  }
};

/** Paths are held as latin1 strings of their bytes until they become items. */
export const bytesOf = (escaped: string): string =>
  unescape(escaped, (bytes) => bytes.toString('latin1'));

export const itemPath = (path: string): string => cloak(Buffer.from(path, 'latin1'));

export class Process {
  readonly pid: number;
  cwd: string;
  exe: string;
  /** What each descriptor was last seen to be. */
  readonly #descriptors: Map<number, string>;

  constructor(pid: number, parent: { readonly cwd: string; readonly exe: string } | Process) {
    this.pid = pid;
    this.cwd = parent.cwd;
    this.exe = parent.exe;
    this.#descriptors = new Map(parent instanceof Process ? parent.#descriptors : []);
  }

  /** Learns from what strace says about descriptors and the current directory. */
  learn(call: Call): void {
    for (const text of [...call.arguments, call.result]) {
      const seen = descriptor(text);
      if (seen === undefined) continue;
      if (seen.number === -100) this.cwd = bytesOf(seen.target);
      else this.#descriptors.set(seen.number, bytesOf(seen.target));
    }
    if (call.result?.startsWith('0') !== true) return;
    if (call.name === 'chdir') {
      const path = quoted(call.arguments[0]);
      if (path !== undefined) this.cwd = this.object(path, undefined, true);
    } else if (call.name === 'fchdir') {
      const target = descriptor(call.arguments[0]);
      if (target !== undefined) this.cwd = bytesOf(target.target);
    }
  }

  /**
   * The object that a name means: `escaped` beside `directory` (a descriptor argument; absent: the
   * current directory). `follow`: whether a link in the last place is followed.
   */
  object(escaped: string, directory: string | undefined, follow: boolean): string {
    const base = descriptor(directory);
    const start = base === undefined ? this.cwd : bytesOf(base.target);
    const name = bytesOf(escaped);
    const path = name.startsWith('/') ? name : join(start, name);
    const own = /^\/proc\/(?:self|\d+)\/(?:exe$|fd\/(\d+)$)/.exec(path);
    if (own !== null && follow)
      return own[1] === undefined ? this.exe : (this.#descriptors.get(Number(own[1])) ?? path);
    if (follow) return canonical(path);
    const trimmed = path.length > 1 ? path.replace(/\/+$/, '') : path;
    return join(canonical(dirname(trimmed)), trimmed.slice(trimmed.lastIndexOf('/') + 1));
  }
}
