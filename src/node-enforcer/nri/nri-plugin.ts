/** The node enforcer's NRI plugin, seen from the main thread: starts the thread that is it, and keeps it there. */
import { Worker } from 'node:worker_threads';
import { reasonOf } from '../../errors.js';
import type { FromWorker, NriEvent, ToWorker, WorkerSetup } from './events.js';
import { failureOf } from './failure.js';
import { inTime } from './in-time.js';

const NRI_SOCKET = '/run/nri/nri.sock';
const PLUGIN_NAME = 'pinfold';
/** Plugins are called in the order of their index: early, so that a refusal saves the others' work. */
const PLUGIN_INDEX = '10';

/** A thread that ends is started again after this, doubled each time up to the limit. */
const RESTART_MS = 1000;
const RESTART_AT_MOST_MS = 60_000;

/** A thread that has not ended by then, ms, is ended: its last answer takes 1.5 s at most. */
const STOP_MS = 5000;

/**
 * The thread's memory, MiB. The old generation's is a bound on what a broken runtime could make it hold. The young
 * one's is small because a call's garbage would otherwise grow it to 16 MiB that are never given back.
 */
const HEAP = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 2 };

export interface NriPluginOptions {
  /** Where cgroup v2 is mounted. */
  readonly cgroupRoot: string;
  /** The module with `createAdmission`, loaded in the thread; `import.meta.resolve` or `new URL` gives it. */
  readonly admissionModule: URL;
  /** For `createAdmission`; has to survive a structured clone. */
  readonly admissionOptions?: unknown;
  /** What the admission knows before the plugin registers; see `update`. */
  readonly state: unknown;
  readonly onEvent: (event: NriEvent) => void;
  /** Answers what the admission asks. */
  readonly onQuestion?: (question: unknown) => Promise<unknown>;
  readonly socketPath?: string;
  readonly pluginName?: string;
  readonly pluginIndex?: string;
  /** What the thread runs; tests that run from source give one that loads TypeScript first. */
  readonly workerModule?: URL;
}

const WORKER_MODULE = new URL('./worker.js', import.meta.url);

export class NriPlugin {
  readonly #options: NriPluginOptions;
  #state: unknown;
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #failures = 0;
  #isStopped = false;

  private constructor(options: NriPluginOptions) {
    this.#options = options;
    this.#state = options.state;
  }

  /** Starts the thread; what comes of it is told by events. */
  static start(options: NriPluginOptions): NriPlugin {
    const plugin = new NriPlugin(options);
    plugin.#begin();
    return plugin;
  }

  /** Hands the admission what it works with from now on; has to survive a structured clone. */
  update(state: unknown): void {
    this.#state = state;
    this.#post({ kind: 'Update', state });
  }

  /** Disconnects and ends the thread. Containers that start from then on are not judged here. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#restart);
    const worker = this.#worker;
    this.#post({ kind: 'Stop' });
    const ended = await inTime(
      this.#ended.then(() => true),
      STOP_MS,
    );
    if (ended === undefined) await worker?.terminate();
  }

  #begin(): void {
    const {
      socketPath = NRI_SOCKET,
      pluginName = PLUGIN_NAME,
      pluginIndex = PLUGIN_INDEX,
    } = this.#options;
    const setup: WorkerSetup = {
      ...{ socketPath, pluginName, pluginIndex, cgroupRoot: this.#options.cgroupRoot },
      admissionModule: this.#options.admissionModule.href,
      admissionOptions: this.#options.admissionOptions,
      state: this.#state,
    };
    const worker = new Worker(this.#options.workerModule ?? WORKER_MODULE, {
      workerData: setup,
      resourceLimits: HEAP,
    });
    this.#worker = worker;
    let problem = 'it returned';
    worker.on('message', (message: FromWorker) => {
      this.#take(message);
    });
    worker.on('error', (error) => {
      problem = reasonOf(error);
    });
    this.#ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#worker = undefined;
        if (!this.#isStopped) this.#beginAgain(problem);
        resolve();
      });
    });
  }

  #beginAgain(problem: string): void {
    const retryInMs = Math.min(RESTART_MS * 2 ** Math.min(this.#failures, 10), RESTART_AT_MOST_MS);
    this.#failures += 1;
    this.#options.onEvent({
      kind: 'Disconnected',
      failure: failureOf('NriWorkerFailed', { problem }),
      retryInMs,
    });
    this.#restart = setTimeout(() => {
      this.#begin();
    }, retryInMs);
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'Event':
        if (message.event.kind === 'Connected') this.#failures = 0;
        this.#options.onEvent(message.event);
        return;
      case 'Question':
        void this.#answer(message.id, message.question);
    }
  }

  async #answer(id: number, question: unknown): Promise<void> {
    try {
      const answer = await this.#options.onQuestion?.(question);
      this.#post({ kind: 'Answer', id, answer });
    } catch (thrown) {
      this.#post({ kind: 'NoAnswer', id, problem: reasonOf(thrown) });
    }
  }

  #post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }
}
