/** Commands inside the machine, by QEMU's guest agent: no network, no login. */
import { setTimeout as pause } from 'node:timers/promises';
import { CommandError, type Finished } from '../../support/command.js';
import { until } from '../../support/until.js';
import { Caller } from './json-lines.js';

interface Status {
  readonly exited: boolean;
  readonly exitcode?: number;
  readonly signal?: number;
  readonly 'out-data'?: string;
  readonly 'err-data'?: string;
}

const textOf = (data = ''): string => Buffer.from(data, 'base64').toString('utf8');

/** An emulated machine that runs at all answers within this time, in ms. */
const ANSWER_MS = 5_000;

export class Guest {
  readonly socket: string;
  #caller: Promise<Caller> | undefined;

  /** `socket` is the emulator's end of the agent's serial port; it takes one connection at a time. */
  constructor(socket: string) {
    this.socket = socket;
  }

  /** Waits until the agent answers. */
  async ready(seconds: number, hopeless: () => void): Promise<void> {
    const ask = async (): Promise<true | undefined> => {
      const caller = await Caller.to(this.socket);
      const late = setTimeout(() => {
        caller.close();
      }, ANSWER_MS);
      try {
        await caller.call('guest-ping');
        return true;
      } finally {
        clearTimeout(late);
        caller.close();
      }
    };
    await until('the guest agent answers', seconds, ask, hopeless);
  }

  /** Runs a shell command to its end, whatever its status. */
  async finish(command: string, input?: string | Uint8Array): Promise<Finished> {
    const caller = await (this.#caller ??= Caller.to(this.socket));
    const started = await caller.call('guest-exec', {
      path: '/bin/sh',
      arg: ['-c', command],
      // The agent itself knows neither.
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root'],
      'capture-output': true,
      ...(input !== undefined && { 'input-data': Buffer.from(input).toString('base64') }),
    });
    const { pid } = started as { pid: number };
    for (;;) {
      const status = (await caller.call('guest-exec-status', { pid })) as Status;
      if (status.exited)
        return {
          status: status.exitcode ?? 128 + (status.signal ?? 0),
          stdout: textOf(status['out-data']),
          stderr: textOf(status['err-data']),
        };
      await pause(50);
    }
  }

  /** Standard output of a shell command. @throws CommandError where its status is not 0 */
  async run(command: string, input?: string | Uint8Array): Promise<string> {
    const finished = await this.finish(command, input);
    if (finished.status !== 0) throw new CommandError('node:', [command], finished);
    return finished.stdout;
  }

  /** What its clock says, ms since the epoch. */
  async time(): Promise<number> {
    const caller = await (this.#caller ??= Caller.to(this.socket));
    return Number(await caller.call('guest-get-time')) / 1e6;
  }

  /** Lets another process connect. */
  close(): void {
    void this.#caller?.then((caller) => {
      caller.close();
    });
    this.#caller = undefined;
  }
}
