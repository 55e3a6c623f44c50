/** Debian's kernels, by suite. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cache.js';

export const KERNELS = [
  { suite: 'bookworm', series: '6.1' },
  { suite: 'trixie', series: '6.12' },
  { suite: 'sid', series: 'newest' },
] as const;

export interface FetchedKernel {
  readonly image: string;
  readonly ramDisk: string;
  readonly version: string;
}

/** Fetched through apt the first time. */
export const fetchKernel = (suite: string): FetchedKernel => {
  const script = join(import.meta.dirname, 'fetch-kernel');
  const folder = cached(`kernel-${suite}`, [readFileSync(script)], (place) => {
    execFileSync(script, [suite, place], { stdio: ['ignore', 'ignore', 'inherit'] });
  });
  return {
    image: join(folder, 'vmlinuz'),
    ramDisk: join(folder, 'initrd'),
    version: readFileSync(join(folder, 'version'), 'utf8').trim(),
  };
};
