/** What the runtime waits for at the start of a container, with the enforcer and without any plugin. */
import type { Peer } from '../../../test/nri/support/peer.js';
import { Container, POD } from './container.js';
import { detachNetworkPrograms } from '../../../src/bpf/session.js';

/** ms that the runtime's calls took, as it sees it: of creating and of starting together. */
export interface StartPair {
  readonly without: number;
  readonly with: number;
}

const call = async (peer: Peer, op: string, container: Container): Promise<number> => {
  const { error, millis } = await peer.call({ op, pod: POD, container: container.description() });
  if (error !== undefined) throw new Error(`${op}: ${error}`);
  return millis ?? Number.NaN;
};

const startOnce = async (peer: Peer, id: string): Promise<number> => {
  const container = new Container(id);
  try {
    const created = await call(peer, 'CreateContainer', container);
    const started = await call(peer, 'StartContainer', container);
    await call(peer, 'RemoveContainer', container);
    return created + started;
  } finally {
    await container.end(() => {
      detachNetworkPrograms(container.directory);
    });
  }
};

/** `bare`: a runtime without plugins. Every pair begins with the other one. */
export const startMany = async (
  bare: Peer,
  peer: Peer,
  count: number,
  signal: AbortSignal,
): Promise<readonly StartPair[]> => {
  const pairs: StartPair[] = [];
  for (let at = 0; at < count; at += 1) {
    signal.throwIfAborted();
    const name = `web-${String(at)}`;
    if (at % 2 === 0) {
      const without = await startOnce(bare, name);
      pairs.push({ without, with: await startOnce(peer, name) });
    } else {
      const withIt = await startOnce(peer, name);
      pairs.push({ without: await startOnce(bare, name), with: withIt });
    }
  }
  return pairs;
};
