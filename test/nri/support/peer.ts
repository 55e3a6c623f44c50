/** A container runtime for tests: NRI's own package in a process of its own, told what to do line by line. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Pods and containers in the JSON form of NRI's messages. */
export type Json = Readonly<Record<string, unknown>>;

export interface PeerCommand {
  readonly op: string;
  readonly pod?: Json;
  readonly container?: Json;
  /** The call is made after this time. */
  readonly delayMs?: number;
}

export interface PeerResult {
  readonly id?: number;
  readonly event?: string;
  /** What the runtime would tell the kubelet; absent if all went well. */
  readonly error?: string;
  /** How long the call took, as the runtime sees it. */
  readonly millis?: number;
  /** How many plugins are connected and synchronised. */
  readonly plugins: number;
}

export interface PeerState {
  readonly socket: string;
  /** What plugins have for a call, instead of 2 s. */
  readonly timeoutMs?: number;
  readonly pods?: readonly Json[];
  readonly containers?: readonly Json[];
  /** A line is added for each call that has ended, for those who cannot wait for it otherwise. */
  readonly resultFile?: string;
}

export class Peer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (result: PeerResult) => void>();
  readonly #log: string[] = [];
  readonly ended: Promise<unknown>;
  /** How many messages of Synchronize plugins have taken. */
  synchronizeParts = 0;
  #plugins = 0;
  #changed: () => void = () => undefined;
  #lastId = 0;

  private constructor(path: string) {
    this.#process = spawn(path, { stdio: 'pipe' });
    this.ended = once(this.#process, 'exit');
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      const result = JSON.parse(line) as PeerResult;
      this.#plugins = result.plugins;
      if (result.event === 'synchronized' && result.error === undefined) this.synchronizeParts += 1;
      this.#changed();
      if (result.id !== undefined) this.#waiting.get(result.id)?.(result);
    });
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => this.#log.push(text));
  }

  /** Starts a runtime that listens. */
  static async start(path: string, state: PeerState): Promise<Peer> {
    const peer = new Peer(path);
    const { error } = await peer.#call({ op: 'start', ...state });
    if (error !== undefined) throw new Error(error);
    return peer;
  }

  /** Makes a call to the plugins; resolves with its outcome. */
  call(command: PeerCommand): Promise<PeerResult> {
    return this.#call(command);
  }

  /** Until so many plugins are connected and synchronised: only then are they called. */
  async untilPlugins(count: number): Promise<void> {
    while (this.#plugins !== count)
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
  }

  /** What the runtime's package logged. */
  get log(): string {
    return this.#log.join('');
  }

  /** As after a crash: nothing is said to anyone. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended;
  }

  #call(command: Json | PeerCommand): Promise<PeerResult> {
    const id = (this.#lastId += 1);
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#process.stdin.write(`${JSON.stringify({ id, ...command })}\n`);
    });
  }
}
