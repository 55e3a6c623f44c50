/**
 * Between the runtime's calls and the admission: makes facts, keeps the deadline, and decides what happens when
 * there is no verdict in time (ADR 0025).
 */
import { PinfoldError, reasonOf } from '../../errors.js';
import { cgroupId } from '../cgroups.js';
import type { ContainerFacts, FoundContainer, PodFacts } from '../containers/facts.js';
import type { Admission, AdmissionAnswer } from './admission.js';
import type { NriEvent } from './events.js';
import { failureOf } from './failure.js';
import { containerFacts, podFacts } from './facts.js';
import { inTime } from './in-time.js';
import type { LifecycleRequest, WireContainer, WirePod } from './wire/messages.js';

/** The runtime's own limit if it does not say: NRI's default, ms. */
const REQUEST_TIMEOUT_MS = 2000;
/** Past the runtime's limit the container starts unjudged, so the answer leaves before it, with room to travel. */
const SHARE_OF_TIMEOUT = 0.75;

type Outcome =
  | { readonly kind: 'Judged'; readonly answer: AdmissionAnswer; readonly cgroupId: bigint }
  | { readonly kind: 'NotJudged'; readonly problem: string };

const ALLOW: AdmissionAnswer = { kind: 'Allow' };

export class AdmissionDesk {
  readonly #admission: Admission;
  readonly #root: string;
  readonly #emit: (event: NriEvent) => void;
  #deadlineMs = REQUEST_TIMEOUT_MS * SHARE_OF_TIMEOUT;

  /** `root`: where cgroup v2 is mounted. */
  constructor(admission: Admission, root: string, emit: (event: NriEvent) => void) {
    this.#admission = admission;
    this.#root = root;
    this.#emit = emit;
  }

  /** The runtime's limit for a call, ms; 0 if it does not say. */
  setRequestTimeout(ms: number): void {
    this.#deadlineMs = (ms > 0 ? ms : REQUEST_TIMEOUT_MS) * SHARE_OF_TIMEOUT;
  }

  podStarted({ pod }: LifecycleRequest): void {
    const facts = this.#pod(pod);
    this.#admission.podStarted(facts);
    this.#emit({ kind: 'PodStarted', pod: facts });
  }

  podRemoved({ pod }: LifecycleRequest): void {
    const facts = this.#pod(pod);
    this.#admission.podRemoved(facts);
    this.#emit({ kind: 'PodRemoved', pod: facts });
  }

  removed({ container }: LifecycleRequest): void {
    const containerId = container?.id ?? '';
    this.#admission.removed(containerId);
    this.#emit({ kind: 'ContainerRemoved', containerId });
  }

  create(request: LifecycleRequest): AdmissionAnswer {
    const facts = this.#container(request);
    let answer: AdmissionAnswer;
    try {
      answer = this.#admission.create(facts);
    } catch (thrown) {
      // Nothing is missed if it goes on: the verdict that counts is asked for at its start.
      return this.#unresolved(facts, reasonOf(thrown), 'CreateContainer');
    }
    if (answer.kind === 'Refuse') this.#refused(facts, answer.reason, 'CreateContainer');
    return answer;
  }

  async start(request: LifecycleRequest): Promise<AdmissionAnswer> {
    const facts = this.#container(request);
    const judging = this.#judge(facts);
    const outcome = await inTime(judging, this.#deadlineMs);
    if (outcome === undefined) return this.#overdue(facts, judging);
    if (outcome.kind === 'NotJudged')
      return this.#unresolved(facts, outcome.problem, 'StartContainer');
    if (outcome.answer.kind === 'Refuse')
      this.#refused(facts, outcome.answer.reason, 'StartContainer');
    else this.#started(facts, outcome.answer, outcome.cgroupId, false);
    return outcome.answer;
  }

  /** @throws PinfoldError NriNotJudged if the admission fails over it: the connection is tried again then */
  synchronize(pods: readonly WirePod[], containers: readonly WireContainer[]): void {
    const byId = new Map(pods.map((pod) => [pod.id, podFacts(pod, this.#root)]));
    const found = containers.flatMap((container) => this.#found(byId, container));
    this.#admission.synchronize(found, [...byId.values()]);
    this.#emit({ kind: 'Synchronized', pods: byId.size, containers: found.length });
  }

  #found(pods: ReadonlyMap<string, PodFacts>, container: WireContainer): readonly FoundContainer[] {
    const pod = pods.get(container.podSandboxId);
    if (pod === undefined) {
      const failure = failureOf('NriNotJudged', {
        container: container.name,
        namespace: '?',
        pod: container.podSandboxId,
        problem: 'the runtime lists no pod for it',
      });
      this.#emit({ kind: 'Gap', containerId: container.id, failure });
      return [];
    }
    const facts = containerFacts(pod, container, this.#root);
    const id = this.#cgroupIdOf(facts);
    return [typeof id === 'bigint' ? { facts, cgroupId: id } : { facts }];
  }

  /** Its id, or why there is none. */
  #cgroupIdOf({ cgroupPath }: ContainerFacts): bigint | string {
    if (cgroupPath === undefined) return 'the runtime does not say where its cgroup is';
    try {
      return cgroupId(cgroupPath);
    } catch (thrown) {
      return reasonOf(thrown);
    }
  }

  async #judge(facts: ContainerFacts): Promise<Outcome> {
    const id = this.#cgroupIdOf(facts);
    if (typeof id === 'string') return { kind: 'NotJudged', problem: id };
    try {
      const answer = await this.#admission.start(facts, id);
      return { kind: 'Judged', answer, cgroupId: id };
    } catch (thrown) {
      return { kind: 'NotJudged', problem: reasonOf(thrown) };
    }
  }

  #overdue(facts: ContainerFacts, judging: Promise<Outcome>): AdmissionAnswer {
    const answer = this.#unresolved(
      facts,
      `no verdict within ${String(this.#deadlineMs)} ms`,
      'StartContainer',
    );
    // A container that was refused is not there any more when its verdict comes.
    if (answer.kind === 'Allow')
      void judging.then((outcome) => {
        this.#late(facts, outcome);
      });
    return answer;
  }

  #late(facts: ContainerFacts, outcome: Outcome): void {
    if (outcome.kind === 'NotJudged') this.#gap(facts, outcome.problem);
    else if (outcome.answer.kind === 'Refuse')
      this.#gap(facts, `it would have been refused: ${outcome.answer.reason}`);
    else this.#started(facts, outcome.answer, outcome.cgroupId, true);
  }

  #unresolved(
    facts: ContainerFacts,
    problem: string,
    at: 'CreateContainer' | 'StartContainer',
  ): AdmissionAnswer {
    if (this.#admission.unresolved(facts) === 'Hold') {
      const reason = `namespace ${facts.namespace} is on Hold and ${problem}`;
      this.#refused(facts, reason, at);
      return { kind: 'Refuse', reason };
    }
    if (at === 'StartContainer') this.#gap(facts, problem);
    return ALLOW;
  }

  #gap(facts: ContainerFacts, problem: string): void {
    const { container, namespace, pod, containerId } = facts;
    const failure = failureOf('NriNotJudged', { container, namespace, pod, problem });
    this.#emit({ kind: 'Gap', containerId, facts, failure });
  }

  #refused(facts: ContainerFacts, reason: string, at: 'CreateContainer' | 'StartContainer'): void {
    this.#emit({ kind: 'Refused', facts, at, reason });
  }

  #started(
    facts: ContainerFacts,
    { slot }: { readonly slot?: number },
    id: bigint,
    late: boolean,
  ): void {
    const named = slot === undefined ? {} : { slot };
    this.#emit({ kind: 'ContainerStarted', facts, cgroupId: id, ...named, late });
  }

  #pod(pod: WirePod | undefined): PodFacts {
    if (pod === undefined)
      throw new PinfoldError('NriProtocol', { problem: 'a call without a pod' });
    return podFacts(pod, this.#root);
  }

  #container({ pod, container }: LifecycleRequest): ContainerFacts {
    if (container === undefined)
      throw new PinfoldError('NriProtocol', { problem: 'a call without a container' });
    return containerFacts(this.#pod(pod), container, this.#root);
  }
}
