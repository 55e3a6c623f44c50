/**
 * What is expensive to make and depends on nothing but its inputs is kept outside the checkout, one folder
 * for each set of inputs: `$XDG_CACHE_HOME/pinfold/KIND/KEY`. Any of it can be deleted at any time.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { step } from './progress.js';
import { root } from './root.js';

export const cacheFolder = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pinfold');

const filesIn = (place: string): readonly string[] =>
  statSync(place).isDirectory()
    ? readdirSync(place)
        .sort()
        .flatMap((name) => filesIn(join(place, name)))
    : [place];

/**
 * A name for what is made from these files (folders with all that is in them) and facts: 16 hexadecimal
 * digits, the same in every checkout.
 */
export const keyOf = (places: readonly string[], facts: readonly string[] = []): string => {
  const hash = createHash('sha256').update(JSON.stringify(facts));
  for (const file of places.flatMap(filesIn)) {
    const bytes = readFileSync(file);
    const name = file.startsWith(root) ? relative(root, file) : file;
    hash.update(JSON.stringify([name, bytes.length])).update(bytes);
  }
  return hash.digest('hex').slice(0, 16);
};

/** Does something while no other process holds this lock. The kernel gives it back if we are killed. */
export const withLock = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'close');
  try {
    await Promise.race([once(holder.stdout, 'data'), ended]);
    if (holder.exitCode !== null) throw new Error(`flock ${file} failed`);
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
};

/** Other things of a kind are kept for checkouts that differ, the oldest go. */
const forgetOldest = async (folder: string, kept: number): Promise<void> => {
  const usedAt = (name: string): number => statSync(join(folder, name)).mtimeMs;
  const names = readdirSync(folder).sort((a, b) => usedAt(b) - usedAt(a));
  for (const name of names.slice(kept))
    await rm(join(folder, name), { recursive: true, force: true });
};

export interface Cached {
  /** What sort of thing, the name of its folder. */
  readonly kind: string;
  readonly key: string;
  /** For the line of progress. */
  readonly label: string;
  /** How many of this kind are kept, the last used first. */
  readonly kept?: number;
  /** Fills a new folder. It becomes the thing when this has succeeded, or nothing does. */
  readonly make: (draft: string) => Promise<void>;
}

/** The folder with the thing; it is made if it is not there, once even where many ask at once. */
export const cached = async ({ kind, key, label, kept = 3, make }: Cached): Promise<string> => {
  const folder = join(cacheFolder(), kind);
  const place = join(folder, key);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(place))
    await withLock(`${folder}.lock`, async () => {
      if (existsSync(place)) return;
      const draft = join(folder, `${key}.draft`);
      await rm(draft, { recursive: true, force: true });
      mkdirSync(draft);
      await step(label, () => make(draft));
      await rename(draft, place);
      await forgetOldest(folder, kept);
    });
  const now = new Date();
  utimesSync(place, now, now);
  return place;
};
