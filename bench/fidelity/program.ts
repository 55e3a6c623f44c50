/** A real program and a workload for it. */

export interface Workspace {
  /** Emptied before every run; the program's current directory. */
  readonly work: string;
  /** Kept over all runs: what was compiled, configuration. */
  readonly fixed: string;
}

export interface Prepared {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  /** Fills the emptied work directory. */
  readonly fill?: (work: string) => void;
  /** Uses a server that was started, and resolves to its answers; then it is asked to end by SIGTERM. */
  readonly drive?: (signal: AbortSignal) => Promise<string>;
}

export interface Program {
  readonly name: string;
  /** Executables that have to be on PATH, or absolute. */
  readonly needs: readonly string[];
  /** Compiles and configures, once. */
  readonly prepare: (space: Workspace) => Prepared;
}

/** The environment of every run: the same everywhere, and nothing of whoever runs the benchmark. */
export const environment = ({ work }: Workspace): NodeJS.ProcessEnv => ({
  PATH: '/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: work,
  LC_ALL: 'C.UTF-8',
  // Threads that shrink their own arena read a file, or not, as their memory happens to lie.
  MALLOC_ARENA_MAX: '1',
});
