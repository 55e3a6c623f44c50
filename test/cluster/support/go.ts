/** The Go that builds the test bed. What Debian has is too old, but it can fetch a newer one as a module. */
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onPath, output } from '../../support/command.js';

/** What the go.mod files beside this ask for, and the one that is fetched. */
const WANTED = '1.26.8';
/** From here on Go changes to the version that a go.mod asks for by itself. */
const FETCHES_ITSELF = '1.21';

const isAtLeast = (version: string, least: string): boolean =>
  version.localeCompare(least, 'en', { numeric: true }) >= 0;

/** Where Go is, on PATH or where its own installation guide puts it; undefined if nowhere. */
export const findGo = (): string | undefined =>
  onPath('go') ?? ['/usr/local/go/bin/go'].find((file) => existsSync(file));

/** Older Go downloads the toolchain like any module, but does not make its programs executable. */
const fetchToolchain = async (go: string): Promise<string> => {
  const version = `v0.0.1-go${WANTED}.linux-${process.arch === 'x64' ? 'amd64' : 'arm64'}`;
  const said = await output(go, ['mod', 'download', '-json', `golang.org/toolchain@${version}`], {
    cwd: tmpdir(),
  });
  const { Dir: folder } = JSON.parse(said) as { Dir: string };
  for (const programs of [join(folder, 'bin'), join(folder, 'pkg/tool')])
    for (const entry of readdirSync(programs, { recursive: true, withFileTypes: true }))
      chmodSync(join(entry.parentPath, entry.name), 0o755);
  return join(folder, 'bin/go');
};

/** Program and environment with which the test bed is built. @throws where there is no Go at all */
export const goForBuilding = async (): Promise<{ go: string; env: NodeJS.ProcessEnv }> => {
  const go = findGo();
  if (go === undefined)
    throw new Error('no Go was found; install golang-go, or a newer one from https://go.dev/dl');
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
  const version = (await output(go, ['env', 'GOVERSION'], { cwd: tmpdir() })).trim().slice(2);
  if (isAtLeast(version, WANTED)) return { go, env };
  if (isAtLeast(version, FETCHES_ITSELF)) return { go, env: { ...env, GOTOOLCHAIN: 'auto' } };
  // The fetched one knows its own root.
  const fetched = { ...env, GOTOOLCHAIN: 'local', GOROOT: undefined };
  return { go: await fetchToolchain(go), env: fetched };
};
