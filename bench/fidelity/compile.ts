/** Compilers for the programs that the benchmark brings along. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Workspace } from './program.js';

const source = (name: string): string => join(import.meta.dirname, 'sources', name);

export const sourceFile = source;

/** Compiles sources/NAME.c; resolves to the program's path. */
export const compileC = (
  { fixed }: Workspace,
  name: string,
  output: string,
  flags: readonly string[] = [],
): string => {
  const program = join(fixed, output);
  execFileSync('gcc', ['-O1', '-pthread', ...flags, '-o', program, source(`${name}.c`)]);
  return program;
};

export const compileGo = ({ fixed }: Workspace): string => {
  const program = join(fixed, 'go-program');
  execFileSync('go', ['build', '-o', program, source('main.go')], {
    cwd: fixed,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: `/usr/local/go/bin:${process.env.PATH ?? ''}`,
      HOME: fixed,
      GOCACHE: join(fixed, 'go-cache'),
      GOFLAGS: '-mod=mod',
      GO111MODULE: 'off',
      GOTOOLCHAIN: 'local',
    },
  });
  return program;
};
