/** The test bed of another process. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Bed, ClusterPlace, NodeKind, NodePlace } from './bed.js';
import type { Asked } from './serve.js';

export class RemoteBed implements Bed {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  async cluster(): Promise<ClusterPlace> {
    return (await this.#ask({ question: 'cluster' })) as ClusterPlace;
  }

  async stopApiServer(): Promise<void> {
    await this.#ask({ question: 'stopApiServer' });
  }

  async startApiServer(): Promise<void> {
    await this.#ask({ question: 'startApiServer' });
  }

  async node(kind: NodeKind): Promise<NodePlace> {
    return (await this.#ask({ question: 'node', kind })) as NodePlace;
  }

  async stopNode(): Promise<void> {
    await this.#ask({ question: 'stopNode' });
  }

  async #ask(asked: Asked): Promise<unknown> {
    const post = request({ socketPath: this.#socket, method: 'POST' }).end(JSON.stringify(asked));
    const [response] = (await once(post, 'response')) as [IncomingMessage];
    const { answer, failure } = (await json(response)) as { answer?: unknown; failure?: string };
    if (failure !== undefined) throw new Error(failure);
    return answer;
  }
}
