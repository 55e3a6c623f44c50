/**
 * The admission of containers, in the NRI plugin's thread: finds out by itself which containers no
 * profile holds for, has the others' slots made ready while the runtime prepares them, and names the
 * slot in the kernel before the program starts.
 */
import { PinnedCgroups } from '../../bpf/pinned-map.js';
import { PinfoldError } from '../../errors.js';
import type { ContainerFacts, FoundContainer } from '../containers/facts.js';
import { matchProfiles } from '../matching.js';
import type { Admission, AdmissionAnswer, AdmissionContext } from '../nri/admission.js';
import type { AdmissionOptions, AdmissionState, Prepared } from './messages.js';

/** Longer than the runtime waits: its own deadline decides. */
const ANSWER_MS = 5_000;

const NOTHING_KNOWN: AdmissionState = {
  ready: false,
  selections: [],
  namespaceLabels: {},
  ownNamespace: '',
  hold: [],
};

const isState = (state: unknown): state is AdmissionState =>
  typeof state === 'object' && state !== null && 'selections' in state && 'ready' in state;

export class ProfileAdmission implements Admission {
  readonly #context: AdmissionContext;
  readonly #slots: PinnedCgroups | undefined;
  readonly #prepared = new Map<string, Promise<Prepared>>();
  #state = NOTHING_KNOWN;

  constructor(context: AdmissionContext, { pins }: AdmissionOptions) {
    this.#context = context;
    this.#slots = pins === undefined ? undefined : new PinnedCgroups(pins);
  }

  update(state: unknown): void {
    if (isState(state)) this.#state = state;
  }

  podStarted(): void {
    // Nothing is prepared before its containers are known.
  }

  podRemoved(): void {
    // Its containers are removed one by one.
  }

  create(container: ContainerFacts): AdmissionAnswer {
    const { ready } = this.#state;
    if (!ready && this.unresolved(container) === 'Hold')
      return {
        kind: 'Refuse',
        reason: `namespace ${container.namespace} is on Hold and the node enforcer has no profiles yet`,
      };
    if (!ready || this.#matches(container)) void this.#prepare(container);
    return { kind: 'Allow' };
  }

  async start(container: ContainerFacts, cgroupId: bigint): Promise<AdmissionAnswer> {
    const { containerId } = container;
    const known = this.#prepared.get(containerId);
    if (known === undefined && this.#state.ready && !this.#matches(container))
      return { kind: 'Allow' };
    const { slot, attach } = await (known ?? this.#prepare(container));
    if (slot === undefined) return { kind: 'Allow' };
    this.#slots?.bind(cgroupId, slot);
    if (attach || this.#slots === undefined)
      await this.#context.ask({ kind: 'Attach', facts: container }, ANSWER_MS);
    return { kind: 'Allow', slot };
  }

  unresolved({ namespace }: ContainerFacts): 'Allow' | 'Hold' {
    return this.#state.hold.includes(namespace) ? 'Hold' : 'Allow';
  }

  removed(containerId: string): void {
    this.#prepared.delete(containerId);
  }

  synchronize(containers: readonly FoundContainer[]): void {
    this.#prepared.clear();
    this.#context.emit({
      kind: 'Found',
      containers: containers.map(({ facts }) => facts),
    });
  }

  close(): void {
    this.#slots?.close();
  }

  #matches({ namespace, podLabels, container }: ContainerFacts): boolean {
    const { selections, namespaceLabels, ownNamespace } = this.#state;
    const scope = { ownNamespace, namespaceLabels: (name: string) => namespaceLabels[name] };
    return (
      matchProfiles(selections, { namespace, labels: podLabels, container }, scope).ids.length > 0
    );
  }

  #prepare(container: ContainerFacts): Promise<Prepared> {
    const asked = this.#context
      .ask({ kind: 'Prepare', facts: container }, ANSWER_MS)
      .then((answer) => {
        if (typeof answer === 'object' && answer !== null && 'attach' in answer)
          return answer as Prepared;
        throw new PinfoldError('Internal', { problem: 'no answer to Prepare' });
      });
    // Awaited at its start; until then a failure must not end the thread.
    asked.catch(() => undefined);
    this.#prepared.set(container.containerId, asked);
    return asked;
  }
}

export const createAdmission = (context: AdmissionContext): Admission =>
  new ProfileAdmission(context, context.options ?? {});
