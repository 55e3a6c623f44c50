/** Brings what is in force on this machine to what is stored, for the cgroups that are there. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyProfile } from '../../api/objects.js';
import type { AuditRecord } from '../../audit/record.js';
import type { TracingSession } from '../../bpf/session.js';
import type { ObjectStore } from '../../store/store.js';
import { cgroupOfProcess, cgroupRoot, isPopulated } from '../cgroups.js';
import type { Resolver } from '../resolver.js';
import type { Board, Entry } from './board.js';
import type { Catalogue } from './catalogue.js';
import { CgroupWatch } from './cgroup-watch.js';
import type { Ledger } from './ledger.js';
import { lifecycleRecords } from './lifecycle.js';
import { isWithin, planWorkloads, unmatched } from './plan.js';
import type { Placement, WorkloadPlan } from './plan.js';
import { enforcedBy } from './predecessor.js';
import type { Draft } from './profile-recording.js';
import type { Recordings } from './recordings.js';
import type { Shortfall } from './report.js';
import type { Enforced, RuntimeFiles } from './runtime-files.js';
import { sourcesOf } from './sources.js';
import type { Source } from './sources.js';
import { Workloads } from './workloads.js';
import type { WorkloadChange } from './workloads.js';

export interface EnforcementParts {
  readonly session: TracingSession;
  readonly store: ObjectStore;
  readonly node: string;
  readonly resolve: Resolver;
  readonly recordings: Recordings;
  readonly catalogue: Catalogue;
  readonly files: RuntimeFiles;
  readonly ledger: Ledger;
  readonly board: Board;
  readonly write: (records: readonly AuditRecord[]) => void;
  /** Takes everything that the kernel knows, before it is told to forget. */
  readonly catchUp: () => void;
  /** Hears that a named cgroup may have come or gone. */
  readonly onCgroups: () => void;
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

export class Enforcement {
  readonly workloads: Workloads;
  readonly #parts: EnforcementParts;
  readonly #root = cgroupRoot();
  readonly #ownCgroup = cgroupOfProcess('self', this.#root);
  readonly #watch: CgroupWatch;
  #sources: readonly Source[] = [];
  #stale = true;
  #takenOver = false;

  constructor(parts: EnforcementParts) {
    this.#parts = parts;
    this.workloads = new Workloads(parts.session, parts.resolve);
    this.#watch = new CgroupWatch(this.#root, parts.onCgroups);
  }

  /** The store holds something new. */
  outdate(): void {
    this.#stale = true;
  }

  readonly profileOf = (id: string): AnyProfile | undefined =>
    this.#sources.find((each) => each.id === id)?.profile;

  /** Watches no longer; what is in force stays. */
  close(): void {
    this.#watch.close();
  }

  #directory(cgroup: string): string {
    return join(this.#root, cgroup);
  }

  readonly #exists = (cgroup: string): boolean =>
    !this.#holdsUs(cgroup) && isDirectory(this.#directory(cgroup));

  readonly #holdsUs = (cgroup: string): boolean =>
    isWithin(this.#ownCgroup, this.#directory(cgroup).replace(/(.)\/$/, '$1'));

  async #readSources(): Promise<void> {
    const behind = this.#sources.some(
      ({ profile, inForce }) => inForce?.generation !== (profile.metadata.generation ?? 1),
    );
    if (!this.#stale && !behind) return;
    this.#stale = false;
    const { store } = this.#parts;
    const objects = [
      ...(await store.list('SecurityProfile')),
      ...(await store.list('ClusterSecurityProfile')),
      ...(await store.list('ProfileRevision')),
    ];
    this.#sources = sourcesOf(objects, this.#parts.catalogue);
    for (const { id, profile } of this.#sources) this.#parts.ledger.open(id, profile);
    this.#parts.ledger.retain(new Set(this.#sources.map(({ id }) => id)));
  }

  /** Puts in force what is stored for the cgroups that are there. What fails is tried again next time. */
  async bring(): Promise<void> {
    const { recordings, files, node, write, catchUp } = this.#parts;
    await this.#readSources();
    const placements = this.#sources.flatMap(({ inForce, realisation }): readonly Placement[] =>
      inForce?.cgroups === undefined || realisation === undefined
        ? []
        : [{ realisation, cgroups: inForce.cgroups }],
    );
    this.#watch.follow(
      placements.flatMap(({ cgroups }) => cgroups).map((cgroup) => this.#directory(cgroup)),
    );
    const clean = this.#releaseGone();
    const plans = planWorkloads(placements, this.#exists, this.workloads.cgroups());
    const ended = this.#endedRecordings(plans);
    if (this.workloads.differs(plans)) catchUp();
    const finals = recordings.drafts(Date.now(), ended);
    const earlier = files.enforced();
    this.#rememberEnforced(plans, true);
    const { changed, problems } = this.workloads.apply(plans, (cgroup) => this.#directory(cgroup));
    this.#joinRecordings(changed);
    this.#takeOver(earlier, plans, problems);
    this.#rememberEnforced(plans, false);
    const now = Date.now();
    write(
      changed.flatMap(({ workload, before, after }) =>
        lifecycleRecords(before, after, workload.subject, node, now),
      ),
    );
    await recordings.save([...clean, ...finals]);
    for (const id of ended) recordings.forget(id);
    this.#setBoard(problems);
  }

  /** Ends what belonged to cgroups that were removed; returns recordings that this completed. */
  #releaseGone(): readonly Draft[] {
    const gone = this.workloads.gone();
    if (gone.length === 0) return [];
    const { recordings, node, write, catchUp } = this.#parts;
    catchUp();
    for (const [cgroup, workload] of gone) {
      const before = workload.plan?.realisations ?? [];
      recordings.ended(workload.slot);
      write(lifecycleRecords(before, [], workload.subject, node, Date.now()));
      this.workloads.release(cgroup);
    }
    return recordings.drafts(Date.now());
  }

  /** Ids of profiles that are recorded and shall not be any more. */
  #endedRecordings(plans: readonly WorkloadPlan[]): readonly string[] {
    const wanted = new Set(
      this.#sources.filter(({ inForce }) => inForce?.mode === 'Record').map(({ id }) => id),
    );
    for (const { realisations } of plans)
      for (const { mode, profile } of realisations) if (mode === 'Record') wanted.add(profile.id);
    return this.#parts.recordings.ids().filter((id) => !wanted.has(id));
  }

  /** Nothing is drained between putting a plan in force and this: no event of the slot is missed. */
  #joinRecordings(changes: readonly WorkloadChange[]): void {
    for (const { workload, isNew, before, after } of changes)
      for (const { mode, profile } of after) {
        const source = this.#sources.find(({ id }) => id === profile.id);
        const was = before.find((each) => each.profile.id === profile.id)?.mode;
        if (mode !== 'Record' || was === 'Record' || source === undefined) continue;
        const running = isNew ? workload.wasRunning : isPopulated(workload.directory);
        this.#parts.recordings.join(source.profile, profile.id, workload.slot, running, Date.now());
      }
  }

  /** `about`: programs are about to be attached; else what is not planned any more is forgotten too. */
  #rememberEnforced(plans: readonly WorkloadPlan[], about: boolean): void {
    const planned = enforcedBy(plans);
    const { files } = this.#parts;
    const known = files.enforced();
    const others = known.filter(({ cgroup }) => !planned.some((plan) => plan.cgroup === cgroup));
    const next = about ? [...planned, ...others] : planned;
    if (JSON.stringify(known) !== JSON.stringify(next)) files.setEnforced(next);
  }

  /**
   * Once, when ours are attached: what a dead predecessor left goes. Where ours could not be attached
   * it stays, for it is all that still refuses anything there.
   */
  #takeOver(
    earlier: readonly Enforced[],
    plans: readonly WorkloadPlan[],
    problems: ReadonlyMap<string, Shortfall>,
  ): void {
    if (this.#takenOver) return;
    this.#takenOver = true;
    const cgroups = new Set([...earlier, ...plans].map(({ cgroup }) => cgroup));
    for (const cgroup of cgroups) {
      const directory = this.#directory(cgroup);
      if (!problems.has(cgroup) && isDirectory(directory))
        this.#parts.session.detachStale(directory);
    }
  }

  #setBoard(problems: ReadonlyMap<string, Shortfall>): void {
    const entries = this.#sources.map(({ id, profile, inForce, realisation }) => {
      const cgroups = inForce?.cgroups ?? [];
      const missing = unmatched(inForce?.cgroups, this.#exists, this.#holdsUs);
      const problem = cgroups.map((cgroup) => problems.get(cgroup)).find((each) => each);
      const entry: Entry = {
        profile,
        matched: cgroups.filter(this.#exists).length,
        ...(realisation === undefined ? {} : { realisation }),
        ...(missing === undefined || inForce === undefined ? {} : { unmatched: missing }),
        ...(problem === undefined ? {} : { problem }),
      };
      return [id, entry] as const;
    });
    this.#parts.board.set(new Map(entries));
  }
}
