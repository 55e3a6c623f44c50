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
import { PinfoldError } from '../../errors.js';
import { MAX_PROFILES, selectionOf } from '../matching.js';
import type { Selection } from '../matching.js';
import type { Catalogue } from './catalogue.js';
import { CgroupWatch } from './cgroup-watch.js';
import type { Ledger } from './ledger.js';
import { lifecycleRecords } from './lifecycle.js';
import { isWithin, planWorkloads, unmatched } from './plan.js';
import type { Placement, WorkloadPlan } from './plan.js';
import { enforcedBy } from './predecessor.js';
import type { Draft } from './profile-recording.js';
import type { Containers, PlacedContainer } from './containers.js';
import type { Policies } from './policies.js';
import type { EngineAbilities } from './realise.js';
import type { Recordings } from './recordings.js';
import type { Shortfall } from './report.js';
import type { Enforced, RuntimeFiles } from './runtime-files.js';
import { sourcesOf } from './sources.js';
import type { Source } from './sources.js';
import type { Refusal } from './usable.js';
import { Workloads } from './workloads.js';
import type { WorkloadChange } from './workloads.js';
import type { Place, Workload } from './workload.js';

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
  readonly policies: Policies;
  /** A cluster's node has containers; absent: profiles name cgroups only. */
  readonly containers?: Containers;
  readonly abilities: EngineAbilities;
  /** Hears what profiles select, when it was read anew. */
  readonly onSelections: (selections: readonly Selection[]) => void;
  readonly write: (records: readonly AuditRecord[]) => void;
  /** Takes everything that the kernel knows, before it is told to forget. */
  readonly catchUp: () => void;
  /** Hears that a named cgroup may have come or gone. */
  readonly onCgroups: () => void;
}

/** What recordings have to say, and those of them that say it for the last time. */
export interface Learned {
  readonly drafts: readonly Draft[];
  /** Ids of profiles. */
  readonly ended: readonly string[];
}

/** A profile that matches containers which have no room for it. */
const crowded = (count: number): Shortfall | undefined =>
  count === 0
    ? undefined
    : {
        reason: 'TooManyProfiles',
        message: `${count} container(s) here have ${MAX_PROFILES} older profiles already`,
      };

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
  /** Profiles that are not recorded any more, and whose last draft may still have to be stored. */
  #ended: readonly string[] = [];
  /** Whether the stored profiles were read once. */
  #ready = false;
  /** Containers' cgroups by the id of the profile that holds for them. */
  #selected: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(parts: EnforcementParts) {
    this.#parts = parts;
    this.workloads = new Workloads(parts.session, parts.resolve, parts.policies, parts.node);
    this.#watch = new CgroupWatch(this.#root, parts.onCgroups);
  }

  /** The store holds something new. */
  outdate(): void {
    this.#stale = true;
  }

  readonly profileOf = (id: string): AnyProfile | undefined =>
    this.#sources.find((each) => each.id === id)?.profile;

  /** Profiles that hold for something here, or would, and whose newest version cannot be used. */
  refusals(): readonly Refusal[] {
    return this.#sources.flatMap(({ id, profile, refusal }) => {
      const selects = (this.#selected.get(id)?.length ?? 0) > 0 || 'cgroups' in profile.spec;
      return refusal === undefined || !selects
        ? []
        : [{ profile: id, code: refusal.code, message: refusal.message }];
    });
  }

  /** Watches no longer; what is in force stays. */
  close(): void {
    this.#watch.close();
  }

  #directory(cgroup: string): string {
    return join(this.#root, cgroup);
  }

  /** Whether something lives there or is about to: a container that ended stays known until it is removed. */
  readonly #exists = (cgroup: string): boolean =>
    !this.#holdsUs(cgroup) &&
    (this.#parts.containers?.isStillToStart(cgroup) === true ||
      isDirectory(this.#directory(cgroup)));

  readonly #placeOf = (cgroup: string): Place => {
    const { containers } = this.#parts;
    return {
      cgroup,
      directory: this.#directory(cgroup),
      container: containers?.has(cgroup) === true,
      isStarting: () => containers?.isStarting(cgroup) === true,
      subject: containers?.subject(cgroup) ?? {},
    };
  };

  #selections(): readonly Selection[] {
    return this.#sources.map(
      ({ id, profile, inForce }) => inForce?.selection ?? selectionOf(id, profile),
    );
  }

  /** What holds where: cgroups that profiles name, and containers that they select. */
  #placements(): readonly Placement[] {
    this.#selected = this.#parts.containers?.match(this.#selections()) ?? new Map();
    return this.#sources.flatMap(({ id, inForce, realisation }): readonly Placement[] => {
      if (inForce === undefined || realisation === undefined) return [];
      const cgroups = [...(inForce.cgroups ?? []), ...(this.#selected.get(id) ?? [])];
      return cgroups.length === 0 ? [] : [{ realisation, cgroups }];
    });
  }

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
    this.#sources = sourcesOf(objects, this.#parts.catalogue, this.#parts.abilities);
    this.#parts.ledger.retain(new Set(this.#sources.map(({ id }) => id)));
    this.#ready = true;
    this.#parts.onSelections(this.#selections());
  }

  /**
   * Puts in force what is stored for the cgroups that are there; what fails is tried again next time. Returns
   * what recordings have to say, of those too that this ended.
   */
  async bring(): Promise<Learned> {
    await this.#readSources();
    return this.#apply();
  }

  /** The last drafts of these recordings are stored. One that was begun again meanwhile goes on. */
  forgetEnded(ids: readonly string[]): void {
    for (const id of ids) if (this.#ended.includes(id)) this.#parts.recordings.forget(id);
  }

  /**
   * A container is about to start: what holds for it is made ready. Returns its workload; undefined: no
   * profile holds for it. @throws PinfoldError ProfilesUnknown
   */
  prepare(container: PlacedContainer): Workload | undefined {
    if (!this.#ready) throw new PinfoldError('ProfilesUnknown');
    this.#parts.containers?.set(container, false);
    this.#apply();
    return this.workloads.of(container.cgroup);
  }

  /**
   * A container whose cgroup is there was met: what holds for it is put in force. Returns its workload;
   * undefined: no profile holds for it. @throws PinfoldError ProfilesUnknown: it is as soon as they are known
   */
  found(container: PlacedContainer): Workload | undefined {
    this.#parts.containers?.set(container, true);
    if (!this.#ready) throw new PinfoldError('ProfilesUnknown');
    this.#apply();
    return this.workloads.of(container.cgroup);
  }

  /** A container's cgroup is there, and its program is about to start in it. */
  started(container: PlacedContainer): void {
    this.#parts.containers?.set(container, true);
    this.workloads.of(container.cgroup)?.started();
  }

  /** A container ended, or never came to start. */
  removed(containerId: string): void {
    const cgroup = this.#parts.containers?.remove(containerId);
    if (cgroup === undefined) return;
    const workload = this.workloads.of(cgroup);
    if (workload?.id !== undefined && isDirectory(workload.directory)) return;
    this.#release(cgroup);
  }

  /** Everything here that does not wait. */
  #apply(): Learned {
    const { recordings, files, node, write, catchUp } = this.#parts;
    const placements = this.#placements();
    this.#watch.follow(
      this.#sources
        .flatMap(({ inForce }) => inForce?.cgroups ?? [])
        .map((cgroup) => this.#directory(cgroup)),
    );
    const clean = this.#releaseGone();
    const plans = planWorkloads(placements, this.#exists, this.workloads.cgroups());
    this.#ended = this.#endedRecordings(plans);
    if (this.workloads.differs(plans)) catchUp();
    const finals = recordings.finals(Date.now(), this.#ended);
    const earlier = files.enforced();
    this.#rememberEnforced(plans, true);
    const { changed, problems } = this.workloads.apply(plans, this.#placeOf);
    this.#joinRecordings(changed);
    this.#takeOver(earlier, plans, problems);
    this.#rememberEnforced(plans, false);
    const now = Date.now();
    write(
      changed.flatMap(({ workload, before, after }) =>
        lifecycleRecords(before, after, workload.subject, node, now),
      ),
    );
    this.#setBoard(problems);
    return { drafts: [...clean, ...finals], ended: this.#ended };
  }

  /** Ends what belonged to cgroups that were removed; returns recordings that this completed. */
  #releaseGone(): readonly Draft[] {
    const gone = this.workloads.gone(this.#exists);
    if (gone.length === 0) return [];
    this.#parts.catchUp();
    for (const [cgroup] of gone) this.#release(cgroup);
    return this.#parts.recordings.drafts(Date.now());
  }

  #release(cgroup: string): void {
    const workload = this.workloads.of(cgroup);
    if (workload === undefined) return;
    const { recordings, node, write } = this.#parts;
    const before = workload.plan?.realisations ?? [];
    if (workload.id !== undefined) recordings.ended(workload.slot);
    write(lifecycleRecords(before, [], workload.subject, node, Date.now()));
    this.workloads.release(cgroup);
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
    const { containers } = this.#parts;
    const entries = this.#sources.map(({ id, profile, inForce, realisation }) => {
      const cgroups = [...(inForce?.cgroups ?? []), ...(this.#selected.get(id) ?? [])];
      const missing =
        containers === undefined || inForce?.cgroups !== undefined
          ? unmatched(inForce?.cgroups, this.#exists, this.#holdsUs)
          : crowded(containers.crowdedOut(id));
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
