/** Runs the command line inside the test, with streams that can be read and waited for. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Io, OutputState } from '../../../src/cli/cli.js';
import { runMain } from '../../../src/cli/cli.js';

export interface World {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  readonly isTerminal?: boolean;
  readonly outputState?: OutputState;
  /** Hears of all text on stdout so far, each time something is added. */
  readonly onOutput?: (all: string) => void;
  readonly programName?: string;
}

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ioOf = (world: World, written: { stdout: string; stderr: string }): Io => ({
  stdout: {
    write: (text) => {
      written.stdout += text;
      world.onOutput?.(written.stdout);
    },
  },
  stderr: {
    write: (text) => {
      written.stderr += text;
    },
  },
  readStdin: () => Promise.resolve(Buffer.from(world.stdin ?? '')),
  env: world.env ?? {},
  cwd: world.cwd ?? tmpdir(),
  isTerminal: world.isTerminal ?? false,
  isErrorTerminal: false,
  programName: world.programName ?? 'pinfold',
  signal: world.signal ?? new AbortController().signal,
  watchSignals: () => undefined,
  flushed: () => Promise.resolve(world.outputState ?? 'Fine'),
});

export const pinfold = async (argv: readonly string[], world: World = {}): Promise<Outcome> => {
  const written = { stdout: '', stderr: '' };
  const status = await runMain(argv, ioOf(world, written));
  return { status, ...written };
};

/** A fresh directory with these files; it goes away with the test. */
export const directoryWith = (
  t: TestContext,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): string => {
  const directory = mkdtempSync(join(tmpdir(), 'pinfold-cli-'));
  t.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), content);
  return directory;
};

/** A profile as a file; `rules` is YAML that stands under `rules:` in flow style. */
export const profileFile = (name: string, rules: string, more = ''): string => `
apiVersion: pinfold.dev/v1alpha1
kind: SecurityProfile
metadata: { name: ${name} }
spec:
  mode: Enforce
  selector: { podSelector: {} }
  ${more}
  rules: ${rules}
`;
