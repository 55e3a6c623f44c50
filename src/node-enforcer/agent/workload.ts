/** One cgroup under profiles: its slot, what is attached there, and who judges it. */
import type { Subject } from '../../audit/record.js';
import { isNativeError } from '../../bpf/addon.js';
import type { KernelEvent } from '../../bpf/events.js';
import type { SeenEntry } from '../../bpf/seen.js';
import type { TracingSession } from '../../bpf/session.js';
import { cgroupId, cgroupTree, isPopulated } from '../cgroups.js';
import { PinfoldError } from '../../errors.js';
import { Judging } from '../judging.js';
import { decisionOf, refusedAttempt } from './refusals.js';
import type { JudgedProfile, Violation } from '../judging.js';
import { ProgramImages } from '../program-images.js';
import type { Resolver } from '../resolver.js';
import { sameRealisations, slotConfiguration } from './plan.js';
import type { Attachment, WorkloadPlan } from './plan.js';
import type { Policies } from './policies.js';
import type { Realisation } from './realise.js';

/** The profile as a judge, where its mode is one that judges. */
const judgedProfile = (
  { profile, kills, judgedBy }: Realisation,
  where: Omit<Subject, 'profile' | 'generation'>,
): readonly JudgedProfile[] => {
  const { id, rules, generation, severity, mode } = profile;
  if (mode !== 'Audit' && mode !== 'Enforce') return [];
  const subject = { profile: rules.profile, generation, ...where };
  return [{ id, rules, mode, severity, subject, kills, inKernel: judgedBy === 'Kernel' }];
};

export interface WorkloadParts {
  readonly session: TracingSession;
  readonly resolve: Resolver;
  readonly policies: Policies;
  readonly node: string;
  /** The slot that an earlier process left with that cgroup, once. */
  readonly inherited: (cgroupId: bigint) => number | undefined;
}

/** What a workload is told of its place. */
export interface Place {
  /** Absolute path of the cgroup below the hierarchy's mount. */
  readonly cgroup: string;
  /** The cgroup, as a directory. */
  readonly directory: string;
  /** A container's: what its runtime does there before the program starts is not the program's. */
  readonly container: boolean;
  /** Whether the container's program is still to be started: what lives there is its runtime's. */
  readonly isStarting: () => boolean;
  /** Of a record about it. */
  readonly subject: Omit<Subject, 'profile' | 'generation'>;
}

export class Workload {
  readonly cgroup: string;
  readonly directory: string;
  readonly slot: number;
  readonly #place: Place;
  readonly #policies: Policies;
  #id: bigint | undefined;
  #wasRunning: boolean;
  readonly #isInherited: boolean;
  #policyKey: string | undefined;
  #policy: number | undefined;
  readonly #session: TracingSession;
  readonly #node: string;
  readonly #resolve: Resolver;
  /** Outlive a change of rules. */
  readonly #images = new ProgramImages();
  #judging: Judging;
  #attachment: Attachment = 'None';
  #plan: WorkloadPlan | undefined;

  /**
   * Takes a slot, or the one that an earlier process left with the cgroup; nothing is attached yet. A
   * container's cgroup may not be there yet: `started` tells of it. @throws PinfoldError SlotsExhausted
   */
  constructor(parts: WorkloadParts, place: Place) {
    const { session, resolve, policies, inherited } = parts;
    this.cgroup = place.cgroup;
    this.directory = place.directory;
    this.#place = place;
    this.#id = existingCgroup(place.directory);
    this.#wasRunning = this.#id !== undefined && isPopulated(place.directory);
    const left = this.#id === undefined ? undefined : inherited(this.#id);
    this.#isInherited = left !== undefined;
    this.slot = left ?? session.allocateSlot();
    this.#session = session;
    this.#policies = policies;
    this.#resolve = resolve;
    this.#node = parts.node;
    this.#judging = new Judging([], resolve, { node: this.#node, images: this.#images });
  }

  /** The cgroup's id; undefined: it is not there yet. */
  get id(): bigint | undefined {
    return this.#id;
  }

  /** Whether something lived there when it was taken over: its start was not seen. */
  get wasRunning(): boolean {
    return this.#wasRunning;
  }

  /** Whether something has to be attached to the cgroup once it is there. */
  get waitsForCgroup(): boolean {
    return this.#id === undefined && this.#plan !== undefined && this.#plan.attachment !== 'None';
  }

  get plan(): WorkloadPlan | undefined {
    return this.#plan;
  }

  /** Of a record about this workload. */
  get subject(): Omit<Subject, 'profile' | 'generation'> {
    const cgroup = this.#id === undefined ? {} : { cgroup: Number(this.#id) };
    return { ...this.#place.subject, slot: this.slot, ...cgroup };
  }

  /** The cgroup is there now: what waited for it is done. */
  started(): void {
    if (this.#id !== undefined) return;
    this.#id = existingCgroup(this.directory);
    if (this.#id === undefined || this.#plan === undefined) return;
    this.#configure(this.#plan);
    this.#judging = this.#judgingOf(this.#plan); // its records name the cgroup now
    this.bind();
    this.#attach(this.#plan.attachment);
  }

  /** Puts the plan in force. What is attached for it is attached before what it replaces goes. */
  apply(plan: WorkloadPlan): void {
    const before = this.#plan;
    const isSame = before !== undefined && sameRealisations(before.realisations, plan.realisations);
    if (isSame && before.attachment === plan.attachment) return;
    const policy = this.#policies.take(plan.realisations);
    const dropped = this.#policyKey;
    this.#policyKey = policy?.key;
    this.#policy = policy?.policy;
    this.#configure(plan);
    if (dropped !== undefined) this.#policies.drop(dropped);
    if (!isSame) {
      if (before !== undefined) this.#session.forget(this.slot);
      this.#judging = this.#judgingOf(plan);
    }
    if (this.#id !== undefined) this.#attach(plan.attachment);
    this.#plan = plan;
  }

  #judgingOf({ realisations }: WorkloadPlan): Judging {
    return new Judging(
      realisations.flatMap((realisation) => judgedProfile(realisation, this.subject)),
      this.#resolve,
      { node: this.#node, images: this.#images },
    );
  }

  #configure(plan: WorkloadPlan): void {
    this.#session.configureSlot(this.slot, this.#id ?? NOT_THERE_YET, {
      ...slotConfiguration(plan),
      container: this.#place.container,
      ...(this.#policy === undefined ? {} : { policy: this.#policy }),
    });
  }

  take(event: KernelEvent): Violation | undefined {
    if (event.kind !== 'Refusal') return this.#judging.take(event);
    return this.#judging.takeDecided(
      event.header,
      refusedAttempt(event, this.#resolve),
      decisionOf(event, this.#policies.version(event.header.generation)),
    );
  }

  repeats(entries: readonly SeenEntry[]): readonly Violation[] {
    return this.#judging.repeats(entries.filter(({ slot }) => slot === this.slot));
  }

  /** The cgroup is gone or no profile names it any more. */
  release(): void {
    if (this.#attachment === 'Lasting') this.#detachLasting();
    this.#session.releaseSlot(this.slot);
    if (this.#policyKey !== undefined) this.#policies.drop(this.#policyKey);
    this.#policyKey = undefined;
  }

  /**
   * From now on tasks that come into the cgroup or below belong to the slot. Everything below is bound
   * too: inheritance in the kernel begins with the next cgroup made.
   */
  bind(): void {
    const id = this.#id;
    if (id === undefined) return;
    for (const each of cgroupTree(this.directory))
      this.#session.bindCgroup(this.slot, each === this.directory ? id : cgroupId(each));
  }

  /**
   * Once it is bound: makes members of what lives there. Not of a runtime that prepares a container: its
   * program becomes one when it starts, and that was seen. Nor where the kernel went on with an earlier process's
   * slot: it knows who is a member, and who is the runtime's and about to execute something.
   */
  adopt(): void {
    if (this.#wasRunning && this.#place.isStarting()) this.#wasRunning = false;
    if (this.#wasRunning && !this.#isInherited) this.#session.adopt({ slot: this.slot });
  }

  #attach(wanted: Attachment): void {
    const before = this.#attachment;
    if (wanted === before) return;
    if (wanted !== 'None')
      this.#session.attachNetwork(this.slot, this.directory, wanted === 'Lasting');
    this.#attachment = wanted;
    if (before === 'Link') this.#session.detachNetworkLinks(this.slot);
    if (before === 'Lasting') this.#detachLasting();
  }

  #detachLasting(): void {
    try {
      this.#session.detachNetworkLasting(this.directory);
    } catch (error) {
      // The cgroup was removed, and its programs with it.
      if (!isNativeError(error) || error.errno !== ENOENT) throw error;
    }
  }
}

/** Id of the hierarchy's root, which is no workload's: the slot is taken, and its cgroup is still to come. */
const NOT_THERE_YET = 1n;

const ENOENT = 2;

const existingCgroup = (directory: string): bigint | undefined => {
  try {
    return cgroupId(directory);
  } catch (error) {
    if (error instanceof PinfoldError && error.code === 'CgroupNotFound') return undefined;
    throw error;
  }
};
