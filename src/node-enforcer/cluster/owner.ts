/** The Node that a node enforcer's object belongs to, so that it goes when the node leaves the cluster. */
import type { OwnerReference } from '../../api/objects.js';
import type { KubeClient } from '../../kube/client.js';
import { nodeOfToken } from '../../kube/identity.js';
import { retrying } from '../../kube/retrying.js';

const ASK_AGAIN = { firstMs: 1_000, longestMs: 60_000 };

export class NodeOwner {
  readonly #node: string;
  #reference: OwnerReference | undefined;

  constructor(node: string) {
    this.#node = node;
  }

  /** Undefined: not known yet, or our credentials are those of no node. */
  get reference(): OwnerReference | undefined {
    return this.#reference;
  }

  /** Asks the API server until it answers; `onProblem` hears what is tried again. Never rejects. */
  async learn(
    client: KubeClient,
    signal: AbortSignal,
    onProblem: (problem: unknown) => void,
  ): Promise<void> {
    await retrying(
      async () => {
        const found = await nodeOfToken(client, signal);
        if (found?.name === this.#node)
          this.#reference = { apiVersion: 'v1', kind: 'Node', ...found };
        return true;
      },
      { backoff: ASK_AGAIN, signal, onProblem },
    );
  }
}
