/** The real world of a command line: this process. */
import { basename } from 'node:path';
import process from 'node:process';
import type { Io, OutputState } from './cli.js';
import type { Output } from './context.js';
import { hasErrno } from '../errors.js';

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const readAll = async (): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array | string));
  return Buffer.concat(chunks);
};

/** Writes until the stream fails; `failed` hears of it once. */
const outputTo = (
  stream: NodeJS.WriteStream,
  failed: (problem: Error) => void,
): { readonly output: Output; readonly flushed: () => Promise<void> } => {
  let isUsable = true;
  stream.on('error', (problem: Error) => {
    if (isUsable) failed(problem);
    isUsable = false;
  });
  return {
    output: {
      write: (text) => {
        if (isUsable) stream.write(text);
      },
      get columns() {
        return stream.isTTY ? stream.columns : undefined;
      },
    },
    flushed: () =>
      new Promise((resolve) => {
        if (!isUsable) resolve();
        // A failed stream calls back as well, with its error; the listener above has it by then.
        else
          stream.write('', () => {
            setImmediate(resolve);
          });
      }),
  };
};

const nameOf = (script: string | undefined): string =>
  basename(script ?? '').startsWith('kubectl-') ? 'kubectl pinfold' : 'pinfold';

/** The streams, environment and signals of this process. Call once. */
export const processIo = (): Io => {
  const ending = new AbortController();
  let state: OutputState = 'Fine';
  const { output: stdout, flushed } = outputTo(process.stdout, (problem) => {
    state = hasErrno(problem, 'EPIPE') ? 'Broken' : { problem };
    ending.abort('EPIPE');
  });
  // Nobody can be told that messages cannot be written.
  const { output: stderr } = outputTo(process.stderr, () => undefined);
  return {
    stdout,
    stderr,
    readStdin: readAll,
    env: process.env,
    cwd: process.cwd(),
    isTerminal: process.stdout.isTTY,
    isErrorTerminal: process.stderr.isTTY,
    programName: nameOf(process.argv[1]),
    signal: ending.signal,
    watchSignals: () => {
      // Once: a second signal ends the process at once, for a command that does not stop.
      for (const name of ENDING_SIGNALS)
        process.once(name, () => {
          ending.abort(name);
        });
    },
    flushed: async () => {
      await flushed();
      return state;
    },
  };
};
