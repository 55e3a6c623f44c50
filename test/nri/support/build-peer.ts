/** Builds the runtime's side (test/nri/peer) once for each state of its sources, outside the checkout. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const sources = join(import.meta.dirname, '..', 'peer');

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pinfold');

const go = (...args: readonly string[]) =>
  spawnSync('go', args, {
    cwd: sources,
    encoding: 'utf8',
    env: { ...process.env, CGO_ENABLED: '0' },
  });

/** Where the program is, or the reason why there is none: tests are skipped by it. */
export const buildPeer = (): { readonly path: string } | { readonly skip: string } => {
  const version = go('env', 'GOVERSION');
  if (version.status !== 0) return { skip: 'needs Go, to build a peer from NRI’s own package' };
  const hash = createHash('sha256').update(version.stdout);
  for (const name of ['go.mod', 'go.sum', 'main.go'])
    hash.update(readFileSync(join(sources, name)));
  const path = join(cache, `nri-peer-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(path)) return { path };
  mkdirSync(cache, { recursive: true });
  // Files of tests run side by side: each builds under a name of its own.
  const unfinished = `${path}.${String(process.pid)}`;
  // Without WASM plugins, which would be most of the program.
  const built = go('build', '-tags', 'nri_no_wasm', '-o', unfinished, '.');
  if (built.status !== 0) throw new Error(`go build: ${built.stderr}`);
  renameSync(unfinished, path);
  return { path };
};
