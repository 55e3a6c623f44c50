/** A program that runs beside the tests and ends with them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

export class Daemon {
  readonly name: string;
  readonly log: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  /**
   * Starts it with its output appended to `log`. The kernel kills it when this process ends, however that
   * happens: `setpriv` asks for that and then becomes the program.
   */
  constructor(program: string, args: readonly string[], log: string) {
    this.name = basename(program);
    this.log = log;
    const sink = openSync(log, 'a');
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
      stdio: ['ignore', sink, sink],
    });
    closeSync(sink);
    this.#ended = once(this.#child, 'close');
    // Who waits for the end sees the error; without anyone it must not end this process.
    this.#ended.catch(() => undefined);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} could not be started`);
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** @throws with the end of its log, when it has ended without being asked to */
  mustRun(): void {
    if (this.running) return;
    const lines = readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-15);
    throw new Error(`${this.name} ended by itself; its log ends with\n${lines.join('\n')}`);
  }

  /** Kills it: what these programs keep is thrown away with them, and an orderly end takes seconds. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
