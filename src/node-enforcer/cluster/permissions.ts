/**
 * Whether this enforcer may do what it has to: a condition of the node. The API server is asked at the start,
 * for some rights are needed rarely, and once it has refused something; then until it grants everything.
 */
import { PinfoldError } from '../../errors.js';
import type { Backoff } from '../../kube/backoff.js';
import type { KubeClient } from '../../kube/client.js';
import { retrying } from '../../kube/retrying.js';
import { missingRights, rightText } from '../../kube/rights.js';
import type { Right } from '../../kube/rights.js';
import type { NodeFinding } from '../agent/node-object.js';

const TYPE = 'Permitted';

/** A right is granted by a person: within a minute is soon enough, and 5,000 nodes ask 80 times a second. */
const ASK_AGAIN: Backoff = { firstMs: 1_000, longestMs: 60_000 };

/** As the condition has it. Pure. */
export const permissionFinding = (missing: readonly Right[]): NodeFinding => {
  if (missing.length === 0)
    return {
      type: TYPE,
      holds: true,
      reason: 'Permitted',
      message: 'the API server refuses nothing that is needed',
    };
  const { code, advice } = new PinfoldError('RightsMissing', {
    rights: missing.map(rightText).join(', '),
  });
  return { type: TYPE, holds: false, reason: code, message: advice };
};

export interface PermissionsOptions {
  readonly rights: readonly Right[];
  /** Hears that it changed what is missing. */
  readonly onChange: (finding: NodeFinding) => void;
  /** Hears that the API server could not be asked; that is tried again. */
  readonly onProblem: (problem: unknown) => void;
}

export class Permissions {
  readonly #options: PermissionsOptions;
  #missing: readonly Right[] = [];
  #suspect: () => void = () => undefined;
  #suspicion: Promise<void> = Promise.resolve();

  constructor(options: PermissionsOptions) {
    this.#options = options;
  }

  get finding(): NodeFinding {
    return permissionFinding(this.#missing);
  }

  /** Something was refused. */
  refused(): void {
    this.#suspect();
  }

  /** Works until the signal aborts. Never rejects. */
  async run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    while (!signal.aborted) {
      await Promise.race([this.#suspicion, ended]);
      // What is refused from here on is new.
      this.#suspicion = this.#next();
      await this.#askUntilGranted(client, signal);
    }
  }

  #askUntilGranted(client: KubeClient, signal: AbortSignal): Promise<void> {
    const { rights, onProblem } = this.#options;
    let asked = rights;
    return retrying(
      async () => {
        asked = await missingRights(client, asked, { signal });
        this.#set(asked);
        return asked.length === 0;
      },
      { backoff: ASK_AGAIN, signal, onProblem },
    );
  }

  #set(missing: readonly Right[]): void {
    const isNews = missing.map(rightText).join() !== this.#missing.map(rightText).join();
    this.#missing = missing;
    if (isNews) this.#options.onChange(this.finding);
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#suspect = resolve;
    });
  }
}
