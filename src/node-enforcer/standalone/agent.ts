/**
 * The node enforcer without a cluster: puts stored profiles in force for the cgroups that they name,
 * judges and records what happens there, and reports. One `TracingSession` serves all of it.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { AnyProfile } from '../../api/objects.js';
import type { AuditRecord } from '../../audit/record.js';
import { TracingSession } from '../../bpf/session.js';
import { reasonOf } from '../../errors.js';
import { keyText } from '../../store/object-key.js';
import type { ObjectKey, ObjectStore } from '../../store/store.js';
import { cgroupOfProcess, cgroupRoot, isPopulated } from '../cgroups.js';
import { createResolver } from '../resolver.js';
import { Board } from './board.js';
import type { Entry } from './board.js';
import { Catalogue } from './catalogue.js';
import { CgroupWatch } from './cgroup-watch.js';
import { Ledger } from './ledger.js';
import { lifecycleRecords } from './lifecycle.js';
import { Losses } from './losses.js';
import { NodeWriter } from './node-writer.js';
import { isWithin, planWorkloads, unmatched } from './plan.js';
import type { Placement, WorkloadPlan } from './plan.js';
import { enforcedBy, gapRecord, markInterrupted } from './predecessor.js';
import { Recordings } from './recordings.js';
import type { ProfileReport, Shortfall } from './report.js';
import { RuntimeFiles } from './runtime-files.js';
import type { Enforced } from './runtime-files.js';
import { sourcesOf } from './sources.js';
import type { Source } from './sources.js';
import { ViolationDesk } from './violation-desk.js';
import { Workloads } from './workloads.js';
import type { WorkloadChange } from './workloads.js';

export interface AgentOptions {
  readonly store: ObjectStore;
  /** State directory: for what the next process has to know. */
  readonly state: string;
  readonly node: string;
  readonly log: Logger;
  /** Takes audit records in order; says how many of all so far could not be written. */
  readonly write: (records: readonly AuditRecord[]) => number;
  /** Hears of profiles whose report changed. */
  readonly onReport: (profile: ObjectKey) => void;
}

/** ms between looks at counts and losses; also the delay of status and of repeated violations. */
const FLUSH_MS = 1_000;
/** ms between looks for cgroups that no notification told of. */
const RESCAN_MS = 5_000;
/** ms between writes of a recording; design §3. */
const RECORDING_MS = 30_000;

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

export class Agent {
  readonly #options: AgentOptions;
  readonly #root = cgroupRoot();
  readonly #ownCgroup = cgroupOfProcess('self', this.#root);
  readonly #resolve = createResolver();
  readonly #session: TracingSession;
  readonly #workloads: Workloads;
  readonly #recordings: Recordings;
  readonly #catalogue: Catalogue;
  readonly #files: RuntimeFiles;
  readonly #ledger = new Ledger();
  readonly #board: Board;
  readonly #desk: ViolationDesk;
  readonly #nodeWriter: NodeWriter;
  readonly #losses: Losses;
  readonly #watch: CgroupWatch;
  readonly #stop = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #sources: readonly Source[] = [];
  #stale = true;
  #wanted = false;
  #syncing: Promise<void> = Promise.resolve();
  #following: Promise<void> | undefined;
  #unwritten = 0;
  #takenOver = false;

  private constructor(options: AgentOptions, session: TracingSession) {
    const { node, state } = options;
    this.#options = options;
    this.#session = session;
    this.#workloads = new Workloads(session, this.#resolve);
    this.#recordings = new Recordings(session, this.#resolve, node);
    this.#catalogue = new Catalogue(state);
    this.#files = new RuntimeFiles(state);
    this.#board = new Board(node, this.#ledger);
    this.#losses = new Losses(node);
    this.#desk = new ViolationDesk(this.#ledger, options.log);
    this.#nodeWriter = new NodeWriter(options.store, node);
    this.#watch = new CgroupWatch(this.#root, () => {
      void this.#sync();
    });
  }

  /** Loads the programs; nothing is in force yet. @throws PinfoldError where the kernel lacks something */
  static open(options: AgentOptions): Agent {
    const session = TracingSession.open();
    try {
      return new Agent(options, session);
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Reports for the operator. */
  of(profile: ObjectKey): readonly ProfileReport[] {
    const report = this.#board.report(keyText(profile));
    return report === undefined ? [] : [report];
  }

  /** Something that profiles are made of changed without the store telling. */
  refresh(): void {
    this.#stale = true;
    void this.#sync();
  }

  get watched(): readonly string[] {
    return this.#workloads.cgroups();
  }

  /** Resolves when everything stored is in force. */
  async start(): Promise<void> {
    await this.#succeed();
    this.#session.onEvents(() => {
      this.#drain();
    });
    this.#following = this.#follow();
    await this.#sync();
    const every = (ms: number, work: () => unknown): void => {
      this.#timers.push(setInterval(work, ms));
    };
    every(FLUSH_MS, () => {
      this.#flush();
    });
    every(RESCAN_MS, () => this.#sync());
    every(RECORDING_MS, () => this.#guarded(() => this.#writeRecordings()));
    this.#flush();
  }

  /** Writes what was learned and ends; network enforcement stays with its cgroups. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stop.abort();
    await this.#following;
    await this.#syncing;
    this.#watch.close();
    this.#catchUp();
    await this.#writeRecordings();
    await this.#desk.writeEvents(this.#options.store);
  }

  /** Detaches and unloads; after `stop`. What is attached to last stays. */
  async close(): Promise<void> {
    this.#drain();
    await this.#writeNode(false);
    this.#files.beat(Date.now(), true);
    this.#session.close();
  }

  /** Says what an earlier process could not see. */
  async #succeed(): Promise<void> {
    const beat = this.#files.heartbeat();
    if (beat === undefined) return;
    const { node, store } = this.#options;
    this.#write([gapRecord(beat, this.#files.enforced(), node, Date.now())]);
    if (!beat.stopped) await markInterrupted(store, node);
  }

  async #follow(): Promise<void> {
    for await (const event of this.#options.store.watch(this.#stop.signal)) {
      const kind = event.kind === 'Applied' ? event.object.kind : event.key?.kind;
      if (event.kind === 'Rejected' || kind === 'RecordedBehavior' || kind === 'NodeEnforcement')
        continue;
      this.#stale = true;
      void this.#sync();
    }
  }

  /** Looks again, once what is under way has ended; several calls meanwhile need only that one. */
  #sync(): Promise<void> {
    if (this.#wanted || this.#stop.signal.aborted) return this.#syncing;
    this.#wanted = true;
    this.#syncing = this.#syncing.then(() =>
      this.#guarded(async () => {
        this.#wanted = false;
        await this.#bringIntoForce();
      }),
    );
    return this.#syncing;
  }

  /** What fails here is tried again at the next look. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.log.error({ problem: reasonOf(error) }, 'bringing profiles into force failed');
    }
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
    const { store } = this.#options;
    const objects = [
      ...(await store.list('SecurityProfile')),
      ...(await store.list('ClusterSecurityProfile')),
      ...(await store.list('ProfileRevision')),
    ];
    this.#sources = sourcesOf(objects, this.#catalogue);
    for (const { id, profile } of this.#sources) this.#ledger.open(id, profile);
    this.#ledger.retain(new Set(this.#sources.map(({ id }) => id)));
  }

  async #bringIntoForce(): Promise<void> {
    await this.#readSources();
    const placements = this.#sources.flatMap(({ inForce, realisation }): readonly Placement[] =>
      inForce?.cgroups === undefined || realisation === undefined
        ? []
        : [{ realisation, cgroups: inForce.cgroups }],
    );
    this.#watch.follow(
      placements.flatMap(({ cgroups }) => cgroups).map((cgroup) => this.#directory(cgroup)),
    );
    this.#releaseGone();
    const plans = planWorkloads(placements, this.#exists, this.#workloads.cgroups());
    const ended = this.#endedRecordings(plans);
    if (this.#workloads.differs(plans)) this.#catchUp();
    const finals = this.#recordings.objects(Date.now(), ended);
    const earlier = this.#files.enforced();
    this.#rememberEnforced(plans, true);
    const { changed, problems } = this.#workloads.apply(plans, (cgroup) => this.#directory(cgroup));
    this.#joinRecordings(changed);
    this.#takeOver(earlier, plans);
    this.#rememberEnforced(plans, false);
    const now = Date.now();
    const { node, store } = this.#options;
    this.#write(
      changed.flatMap(({ workload, before, after }) =>
        lifecycleRecords(before, after, workload.subject, node, now),
      ),
    );
    for (const recording of finals) await store.apply(recording);
    for (const id of ended) this.#recordings.forget(id);
    this.#setBoard(problems);
    this.#report();
  }

  /** Ends what belonged to cgroups that were removed. */
  #releaseGone(): void {
    const gone = this.#workloads.gone();
    if (gone.length === 0) return;
    this.#catchUp();
    const { node } = this.#options;
    for (const [cgroup, workload] of gone) {
      const before = workload.plan?.realisations ?? [];
      this.#recordings.ended(workload.slot);
      this.#write(lifecycleRecords(before, [], workload.subject, node, Date.now()));
      this.#workloads.release(cgroup);
    }
    void this.#guarded(() => this.#writeRecordings());
  }

  /** Ids of profiles that are recorded and shall not be any more. */
  #endedRecordings(plans: readonly WorkloadPlan[]): readonly string[] {
    const wanted = new Set(
      this.#sources.filter(({ inForce }) => inForce?.mode === 'Record').map(({ id }) => id),
    );
    for (const { realisations } of plans)
      for (const { mode, profile } of realisations) if (mode === 'Record') wanted.add(profile.id);
    return this.#recordings.ids().filter((id) => !wanted.has(id));
  }

  /** Nothing is drained between putting a plan in force and this: no event of the slot is missed. */
  #joinRecordings(changes: readonly WorkloadChange[]): void {
    for (const { workload, isNew, before, after } of changes)
      for (const { mode, profile } of after) {
        const source = this.#sources.find(({ id }) => id === profile.id);
        const was = before.find((each) => each.profile.id === profile.id)?.mode;
        if (mode !== 'Record' || was === 'Record' || source === undefined) continue;
        const running = isNew ? workload.wasRunning : isPopulated(workload.directory);
        this.#recordings.join(source.profile, profile.id, workload.slot, running, Date.now());
      }
  }

  /** `about`: programs are about to be attached; else what is not planned any more is forgotten too. */
  #rememberEnforced(plans: readonly WorkloadPlan[], about: boolean): void {
    const planned = enforcedBy(plans);
    const known = this.#files.enforced();
    const others = known.filter(({ cgroup }) => !planned.some((plan) => plan.cgroup === cgroup));
    const next = about ? [...planned, ...others] : planned;
    if (JSON.stringify(known) !== JSON.stringify(next)) this.#files.setEnforced(next);
  }

  /** Once, when ours are attached: what a dead predecessor left goes. */
  #takeOver(earlier: readonly Enforced[], plans: readonly WorkloadPlan[]): void {
    if (this.#takenOver) return;
    this.#takenOver = true;
    const cgroups = new Set([...earlier, ...plans].map(({ cgroup }) => cgroup));
    for (const cgroup of cgroups) {
      const directory = this.#directory(cgroup);
      if (isDirectory(directory)) this.#session.detachStale(directory);
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
    this.#board.set(new Map(entries));
  }

  #report(): void {
    for (const key of this.#board.changed()) this.#options.onReport(key);
  }

  #write(records: readonly AuditRecord[]): void {
    if (records.length > 0) this.#unwritten = this.#options.write(records);
  }

  #drain(): void {
    const records: AuditRecord[] = [];
    this.#session.drain((event) => {
      this.#recordings.take(event);
      const workload = this.#workloads.at(event.header.slot);
      const violation = workload?.take(event);
      if (workload !== undefined && violation !== undefined)
        records.push(this.#desk.take(violation, workload.directory, this.#profileOf));
    });
    this.#write(records);
  }

  readonly #profileOf = (id: string): AnyProfile | undefined =>
    this.#sources.find((each) => each.id === id)?.profile;

  /** Brings everything up to what the kernel knows. */
  #catchUp(): void {
    this.#drain();
    const entries = this.#session.seen();
    this.#recordings.catchUp(entries, Date.now());
    const repeats = this.#workloads
      .all()
      .flatMap((workload) =>
        workload
          .repeats(entries)
          .map((violation) => this.#desk.take(violation, workload.directory, this.#profileOf)),
      );
    const loss = this.#losses.since(this.#session.counters(), Date.now());
    this.#write(loss === undefined ? repeats : [...repeats, loss]);
  }

  #flush(): void {
    if (this.#workloads.all().length > 0) this.#catchUp();
    this.#report();
    void this.#guarded(async () => {
      this.#files.beat(Date.now());
      await this.#desk.writeEvents(this.#options.store);
      await this.#writeNode(true);
    });
  }

  async #writeRecordings(): Promise<void> {
    for (const recording of this.#recordings.objects(Date.now()))
      await this.#options.store.apply(recording);
  }

  #writeNode(running: boolean): Promise<void> {
    const accounts = [...this.#board.entries.keys()].map((id) => this.#ledger.of(id));
    const held = this.#workloads.all().filter(({ plan }) => (plan?.realisations.length ?? 0) > 0);
    const totals = {
      containers: held.length,
      denied: accounts.reduce((sum, { denied }) => sum + denied, 0),
      audited: accounts.reduce((sum, { audited }) => sum + audited, 0),
      lost: this.#losses.total,
    };
    const profiles = this.#board.realized();
    return this.#nodeWriter.write({ profiles, totals, running, unwritten: this.#unwritten });
  }
}
