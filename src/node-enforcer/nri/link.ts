/** Keeps the plugin connected: does what the machine says, with one session at a time. */
import type { AdmissionDesk } from './desk.js';
import type { NriEvent, RuntimeInfo } from './events.js';
import { failureOf } from './failure.js';
import { BUSY_AFTER_MS, step } from './machine.js';
import type { LinkEffect, LinkInput, LinkState } from './machine.js';
import { PluginService } from './plugin-service.js';
import { Session } from './session.js';
import { subscriptionFor } from './subscription.js';
import type { ConfigureRequest } from './wire/messages.js';

export interface LinkOptions {
  readonly socketPath: string;
  readonly pluginName: string;
  readonly pluginIndex: string;
}

export class NriLink {
  readonly #options: LinkOptions;
  readonly #desk: AdmissionDesk;
  readonly #emit: (event: NriEvent) => void;
  #state: LinkState = { kind: 'Off' };
  #session: Session | undefined;
  #timer: NodeJS.Timeout | undefined;
  #runtime: RuntimeInfo = { name: '', version: '', nriVersion: '' };
  #guardsCreation = false;
  /** Whether the last connection ended after our subscription and before the runtime acted on it. */
  #endedAtSubscription = false;

  constructor(options: LinkOptions, desk: AdmissionDesk, emit: (event: NriEvent) => void) {
    this.#options = options;
    this.#desk = desk;
    this.#emit = emit;
  }

  start(): void {
    this.#take({ kind: 'Start' });
  }

  /**
   * Disconnects when the runtime waits for no answer: a container whose answer is cut off starts unjudged.
   * No answer takes longer than the desk's deadline, so neither does this.
   */
  async stop(): Promise<void> {
    await this.#session?.idle();
    this.#take({ kind: 'Stop' });
  }

  #take(input: LinkInput): void {
    if (input.kind === 'Lost')
      // Alternates, so that a runtime that merely restarted just then is asked for everything again.
      this.#endedAtSubscription =
        this.#state.kind === 'Synchronizing' && !this.#endedAtSubscription;
    const chance = { now: performance.now(), random: Math.random() };
    const { state, effects } = step(this.#state, input, chance);
    this.#state = state;
    for (const effect of effects) this.#do(effect);
  }

  #do(effect: LinkEffect): void {
    switch (effect.kind) {
      case 'Connect':
        this.#session = this.#connect();
        return;
      case 'Register':
        this.#session?.register(this.#options.pluginName, this.#options.pluginIndex);
        return;
      case 'Close':
        this.#session?.close();
        this.#session = undefined;
        return;
      case 'SetTimer':
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
          this.#take({ kind: 'TimerFired' });
        }, effect.ms);
        return;
      case 'ClearTimer':
        clearTimeout(this.#timer);
        return;
      case 'ReportConnected':
        this.#emit({
          kind: 'Connected',
          runtime: this.#runtime,
          guardsCreation: this.#guardsCreation,
        });
        return;
      case 'ReportBusy':
        this.#emit({
          kind: 'Busy',
          failure: failureOf('NriBusy', { seconds: BUSY_AFTER_MS / 1000 }),
        });
        return;
      case 'ReportDisconnected':
        this.#emit({
          kind: 'Disconnected',
          failure: effect.failure,
          retryInMs: effect.retryInMs,
        });
    }
  }

  #connect(): Session {
    const service = new PluginService(this.#desk, {
      configured: (request) => this.#configured(request),
      synchronized: () => {
        this.#take({ kind: 'Synchronized' });
      },
      shutdown: () => {
        // The connection ends with the runtime; that is when it counts.
      },
    });
    return new Session(this.#options.socketPath, {
      serve: (method, payload) => service.serve(method, payload),
      connected: () => {
        this.#take({ kind: 'Connected' });
      },
      lost: (failure) => {
        this.#take({ kind: 'Lost', failure });
      },
    });
  }

  #configured(request: ConfigureRequest): number {
    const { runtimeName: name, runtimeVersion: version, nriVersion } = request;
    const { mask, guardsCreation } = subscriptionFor(nriVersion, this.#endedAtSubscription);
    this.#runtime = { name, version, nriVersion };
    this.#guardsCreation = guardsCreation;
    this.#take({ kind: 'Configured' });
    return mask;
  }
}
