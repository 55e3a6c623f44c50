/** The containers of this node, and which profiles hold for each: those that matched at its start stay. */
import type { Subject } from '../../audit/record.js';
import type { PodReference } from '../../store/store.js';
import type { ContainerFacts } from '../containers/facts.js';
import { matchProfiles } from '../matching.js';
import type { Matchable, Scope, Selection } from '../matching.js';

/** A container whose place is known. */
export interface PlacedContainer {
  readonly facts: ContainerFacts;
  /** Absolute path below the mount of cgroup v2. */
  readonly cgroup: string;
  /** Whether its program is still to be started, though its cgroup is there; absent: it is not. */
  readonly isStarting?: () => boolean;
}

interface Known extends Omit<PlacedContainer, 'cgroup'> {
  /** Its cgroup is there: StartContainer was answered, or it ran when it was met. */
  started: boolean;
  holding: ReadonlySet<string>;
  crowdedOut: readonly string[];
}

const matchable = ({ namespace, podLabels, container }: ContainerFacts): Matchable => ({
  namespace,
  labels: podLabels,
  container,
});

export class Containers {
  readonly #scope: Scope;
  /** By cgroup path. */
  readonly #known = new Map<string, Known>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** A container is about to start, or runs. */
  set({ cgroup, ...container }: PlacedContainer, started: boolean): void {
    const known = this.#known.get(cgroup);
    const isSame = known?.facts.containerId === container.facts.containerId;
    this.#known.set(cgroup, {
      ...container,
      started: started || (isSame && known.started),
      holding: isSame ? known.holding : new Set(),
      crowdedOut: isSame ? known.crowdedOut : [],
    });
  }

  /** It ended; returns its cgroup. */
  remove(containerId: string): string | undefined {
    for (const [cgroup, { facts }] of this.#known) {
      if (facts.containerId !== containerId) continue;
      this.#known.delete(cgroup);
      return cgroup;
    }
    return undefined;
  }

  /** Forgets all but these: the runtime said what there is. */
  retain(containerIds: ReadonlySet<string>): void {
    for (const [cgroup, { facts }] of [...this.#known])
      if (!containerIds.has(facts.containerId)) this.#known.delete(cgroup);
  }

  get size(): number {
    return this.#known.size;
  }

  /** Whether the cgroup is, or is about to become, a container's. */
  has(cgroup: string): boolean {
    return this.#known.has(cgroup);
  }

  /** Whether the cgroup is that container's. */
  isOf(cgroup: string, containerId: string): boolean {
    return this.#known.get(cgroup)?.facts.containerId === containerId;
  }

  /** Whether it is of a container that was created and has not been started: it may not be there yet. */
  isStillToStart(cgroup: string): boolean {
    return this.#known.get(cgroup)?.started === false;
  }

  isStarting(cgroup: string): boolean {
    return this.#known.get(cgroup)?.isStarting?.() === true;
  }

  /** Of a record about what happened in that cgroup. */
  subject(cgroup: string): Pick<Subject, 'pod' | 'podUid' | 'container' | 'containerId'> {
    const known = this.#known.get(cgroup);
    if (known === undefined) return {};
    const { namespace, pod, podUid, container, containerId } = known.facts;
    return { pod: `${namespace}/${pod}`, podUid, container, containerId };
  }

  /** The pod that an Event about that cgroup regards. */
  pod(cgroup: string): PodReference | undefined {
    const facts = this.#known.get(cgroup)?.facts;
    if (facts === undefined) return undefined;
    const { namespace, pod, podUid } = facts;
    return { kind: 'Pod', namespace, name: pod, uid: podUid };
  }

  /**
   * Cgroups by the id of the profile that holds for them. What matched once stays as long as the
   * profile and the container do.
   */
  match(selections: readonly Selection[]): ReadonlyMap<string, readonly string[]> {
    const cgroups = new Map<string, string[]>();
    for (const [cgroup, known] of this.#known) {
      const matched = matchProfiles(selections, matchable(known.facts), this.#scope, known.holding);
      known.holding = new Set(matched.ids);
      known.crowdedOut = matched.crowdedOut;
      for (const id of matched.ids) {
        const list = cgroups.get(id);
        if (list === undefined) cgroups.set(id, [cgroup]);
        else list.push(cgroup);
      }
    }
    return cgroups;
  }

  /** How many containers a profile matches without room for it. */
  crowdedOut(id: string): number {
    return [...this.#known.values()].filter((known) => known.crowdedOut.includes(id)).length;
  }
}
