/** One cgroup under profiles: its slot, what is attached there, and who judges it. */
import type { Subject } from '../../audit/record.js';
import type { KernelEvent } from '../../bpf/events.js';
import type { SeenEntry } from '../../bpf/seen.js';
import type { TracingSession } from '../../bpf/session.js';
import { cgroupId, cgroupTree, isPopulated } from '../cgroups.js';
import { Judging } from '../judging.js';
import type { JudgedProfile, Violation } from '../judging.js';
import { ProgramImages } from '../program-images.js';
import type { Resolver } from '../resolver.js';
import { sameRealisations, slotConfiguration } from './plan.js';
import type { Attachment, WorkloadPlan } from './plan.js';
import type { Realisation } from './realise.js';

/** The profile as a judge, where its mode is one that judges. */
const judgedProfile = (
  { profile, kills }: Realisation,
  where: Pick<Subject, 'slot' | 'cgroup'>,
): readonly JudgedProfile[] => {
  const { id, rules, generation, severity, mode } = profile;
  if (mode !== 'Audit' && mode !== 'Enforce') return [];
  const subject = { profile: rules.profile, generation, ...where };
  return [{ id, rules, mode, severity, subject, kills }];
};

export class Workload {
  readonly directory: string;
  readonly id: bigint;
  readonly slot: number;
  /** Whether something lived there when it was taken over: its start was not seen. */
  readonly wasRunning: boolean;
  readonly #session: TracingSession;
  readonly #resolve: Resolver;
  /** Outlive a change of rules. */
  readonly #images = new ProgramImages();
  #judging: Judging;
  #attachment: Attachment = 'None';
  #plan: WorkloadPlan | undefined;

  /** Takes a slot; nothing is attached yet. @throws PinfoldError CgroupNotFound, SlotsExhausted */
  constructor(session: TracingSession, directory: string, resolve: Resolver) {
    this.directory = directory;
    this.id = cgroupId(directory);
    this.wasRunning = isPopulated(directory);
    this.slot = session.allocateSlot();
    this.#session = session;
    this.#resolve = resolve;
    this.#judging = new Judging([], resolve, { images: this.#images });
  }

  get plan(): WorkloadPlan | undefined {
    return this.#plan;
  }

  /** Of a record about this workload. */
  get subject(): Pick<Subject, 'slot' | 'cgroup'> {
    return { slot: this.slot, cgroup: Number(this.id) };
  }

  /** Puts the plan in force. What is attached for it is attached before what it replaces goes. */
  apply(plan: WorkloadPlan): void {
    const before = this.#plan;
    const isSame = before !== undefined && sameRealisations(before.realisations, plan.realisations);
    if (isSame && before.attachment === plan.attachment) return;
    this.#session.configureSlot(this.slot, this.id, slotConfiguration(plan));
    if (!isSame) {
      if (before !== undefined) this.#session.forget(this.slot);
      this.#judging = new Judging(
        plan.realisations.flatMap((realisation) => judgedProfile(realisation, this.subject)),
        this.#resolve,
        { images: this.#images },
      );
    }
    this.#attach(plan.attachment);
    this.#plan = plan;
  }

  take(event: KernelEvent): Violation | undefined {
    return this.#judging.take(event);
  }

  repeats(entries: readonly SeenEntry[]): readonly Violation[] {
    return this.#judging.repeats(entries.filter(({ slot }) => slot === this.slot));
  }

  /** The cgroup is gone or no profile names it any more. */
  release(): void {
    if (this.#attachment === 'Lasting') this.#detachLasting();
    this.#session.releaseSlot(this.slot);
  }

  /**
   * From now on tasks that come into the cgroup or below belong to the slot. Everything below is bound
   * too: inheritance in the kernel begins with the next cgroup made.
   */
  bind(): void {
    for (const each of cgroupTree(this.directory))
      this.#session.bindCgroup(this.slot, each === this.directory ? this.id : cgroupId(each));
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
      if (!(error instanceof Error && 'errno' in error && error.errno === ENOENT)) throw error;
    }
  }
}

const ENOENT = 2;
