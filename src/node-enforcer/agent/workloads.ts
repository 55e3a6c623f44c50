/** Brings the slots of this machine to what is planned, in an order that leaves nothing unenforced. */
import type { TracingSession } from '../../bpf/session.js';
import type { Shortfall } from './report.js';
import type { Resolver } from '../resolver.js';
import { cgroupId } from '../cgroups.js';
import { PinfoldError } from '../../errors.js';
import { sameRealisations } from './plan.js';
import type { WorkloadPlan } from './plan.js';
import type { Realisation } from './realise.js';
import type { Policies } from './policies.js';
import { Workload } from './workload.js';
import type { Place, WorkloadParts } from './workload.js';

export interface WorkloadChange {
  readonly workload: Workload;
  /** It had no slot before. */
  readonly isNew: boolean;
  readonly before: readonly Realisation[];
  readonly after: readonly Realisation[];
}

export interface Changes {
  readonly changed: readonly WorkloadChange[];
  /** Cgroups that have not what was planned, with why. */
  readonly problems: ReadonlyMap<string, Shortfall>;
}

export class Workloads {
  readonly #session: TracingSession;
  readonly #parts: WorkloadParts;
  readonly #byCgroup = new Map<string, Workload>();
  readonly #bySlot = new Map<number, Workload>();
  /** Slots that an earlier process left in force, with their cgroup ids, until a workload takes them over. */
  readonly #inherited: Map<number, bigint>;

  constructor(session: TracingSession, resolve: Resolver, policies: Policies, node: string) {
    this.#session = session;
    this.#inherited = new Map(session.slots().map(({ slot, cgroupId: id }) => [slot, id]));
    const inherited = (id: bigint): number | undefined => {
      const found = [...this.#inherited].find(([, held]) => held === id)?.[0];
      if (found !== undefined) this.#inherited.delete(found);
      return found;
    };
    this.#parts = { session, resolve, policies, node, inherited };
  }

  all(): readonly Workload[] {
    return [...this.#byCgroup.values()];
  }

  cgroups(): readonly string[] {
    return [...this.#byCgroup.keys()];
  }

  at(slot: number): Workload | undefined {
    return this.#bySlot.get(slot);
  }

  /** Workloads whose cgroup was removed, or removed and made anew, or is not coming any more. */
  gone(exists: (cgroup: string) => boolean): readonly (readonly [string, Workload])[] {
    return [...this.#byCgroup].filter(([cgroup, workload]) => {
      if (workload.id === undefined) return !exists(cgroup);
      try {
        return cgroupId(workload.directory) !== workload.id;
      } catch (error) {
        if (error instanceof PinfoldError) return true;
        throw error;
      }
    });
  }

  release(cgroup: string): void {
    const workload = this.#byCgroup.get(cgroup);
    if (workload === undefined) return;
    workload.release();
    this.#byCgroup.delete(cgroup);
    this.#bySlot.delete(workload.slot);
  }

  of(cgroup: string): Workload | undefined {
    return this.#byCgroup.get(cgroup);
  }

  /** Ends what an earlier process left and no workload took over: what it held for is gone. */
  releaseInherited(): void {
    for (const slot of this.#inherited.keys()) this.#session.releaseSlot(slot);
    this.#inherited.clear();
  }

  /** Whether some slot would be told something else than it was. */
  differs(plans: readonly WorkloadPlan[]): boolean {
    return plans.some(
      ({ cgroup, realisations }) =>
        !sameRealisations(this.#byCgroup.get(cgroup)?.plan?.realisations ?? [], realisations),
    );
  }

  /** `plans`: outer cgroups before inner ones. */
  apply(plans: readonly WorkloadPlan[], placeOf: (cgroup: string) => Place): Changes {
    const changed: WorkloadChange[] = [];
    const problems = new Map<string, Shortfall>();
    const added: Workload[] = [];
    for (const plan of plans) {
      const { problem, cgroup } = plan;
      if (problem !== undefined) {
        problems.set(cgroup, { reason: problem.code, message: problem.message });
        continue;
      }
      try {
        const known = this.#byCgroup.get(cgroup);
        const workload = known ?? new Workload(this.#parts, placeOf(cgroup));
        this.#byCgroup.set(cgroup, workload);
        this.#bySlot.set(workload.slot, workload);
        if (known === undefined) added.push(workload);
        const before = workload.plan?.realisations ?? [];
        workload.apply(plan);
        changed.push({ workload, isNew: known === undefined, before, after: plan.realisations });
      } catch (error) {
        // It may just be gone: then the next look finds that out.
        if (!(error instanceof PinfoldError)) throw error;
        problems.set(cgroup, { reason: error.code, message: error.message });
        if (this.#byCgroup.get(cgroup)?.plan === undefined) this.release(cgroup);
      }
    }
    if (added.length > 0) this.#bind(added);
    return { changed, problems };
  }

  /** Outer before inner, so that each cgroup ends up with the slot of the nearest. */
  #bind(added: readonly Workload[]): void {
    for (const workload of this.all().toSorted((a, b) => (a.directory < b.directory ? -1 : 1)))
      workload.bind();
    for (const workload of added) workload.adopt();
  }
}
