/** What the API server tells of a profile and of the node, as anyone may watch it. */
import type { NodeEnforcement, SecurityProfile } from '../../src/api/objects.js';
import type { KubeClient } from '../../src/kube/client.js';
import { decode } from '../../src/kube/decode.js';
import { Informer } from '../../src/kube/informer.js';
import { resourceOfKind } from '../../src/kube/resource.js';
import type { PinfoldError } from '../../src/errors.js';
import { Moments } from './moments.js';
import { NAMESPACE, PROFILE } from './profile.js';

/** What is waited for, of a generation of the profile. */
export const MOMENTS = {
  /** A watch has brought the new spec. */
  seen: (generation: number) => `generation ${String(generation)} seen`,
  /** The node's object says that it realised it. */
  realised: (generation: number) => `generation ${String(generation)} realised`,
  /** The profile's status says the same. */
  told: (generation: number) => `generation ${String(generation)} in status`,
};

const isTold = ({ metadata, status }: SecurityProfile): boolean =>
  status?.conditions?.some(
    ({ type, status: holds, observedGeneration }) =>
      type === 'Realized' && holds === 'True' && observedGeneration === metadata.generation,
  ) === true;

export class Followed {
  readonly moments = new Moments();
  readonly #profiles: Informer<SecurityProfile>;
  readonly #nodes: Informer<NodeEnforcement>;

  constructor(client: KubeClient, onProblem: (problem: PinfoldError) => void) {
    this.#profiles = new Informer({
      client,
      resource: resourceOfKind('SecurityProfile'),
      selection: { namespace: NAMESPACE },
      decode: (object) => decode('SecurityProfile', object),
      onEvent: (event) => {
        if (event.kind === 'Applied') this.#take(event.object);
      },
      onProblem,
    });
    this.#nodes = new Informer({
      client,
      resource: resourceOfKind('NodeEnforcement'),
      decode: (object) => decode('NodeEnforcement', object),
      onEvent: (event) => {
        if (event.kind === 'Applied') this.#takeNode(event.object);
      },
      onProblem,
    });
  }

  /** Watches until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#profiles.run(signal), this.#nodes.run(signal)]);
  }

  #take(profile: SecurityProfile): void {
    const { name, generation } = profile.metadata;
    if (name !== PROFILE || generation === undefined) return;
    this.moments.note(MOMENTS.seen(generation));
    if (isTold(profile)) this.moments.note(MOMENTS.told(generation));
  }

  #takeNode({ status }: NodeEnforcement): void {
    for (const { namespace, name, generation, containers } of status?.profiles ?? [])
      if (namespace === NAMESPACE && name === PROFILE && containers > 0)
        this.moments.note(MOMENTS.realised(generation));
  }
}
