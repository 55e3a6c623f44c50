/**
 * The node enforcer without a cluster: puts stored profiles in force for the cgroups that they name,
 * judges and records what happens there, and reports. One `TracingSession` serves all of it.
 */
import type { Logger } from 'pino';
import type { OwnerReference } from '../../api/objects.js';
import { instantOf } from '../../audit/record.js';
import type { AuditRecord } from '../../audit/record.js';
import { TracingSession } from '../../bpf/session.js';
import { reasonOf } from '../../errors.js';
import { keyText } from '../../store/object-key.js';
import type { ObjectKey, ObjectStore } from '../../store/store.js';
import { Losses } from '../losses.js';
import { createResolver } from '../resolver.js';
import { Board } from './board.js';
import type { ContainerFacts } from '../containers/facts.js';
import type { Scope, Selection } from '../matching.js';
import { Catalogue } from './catalogue.js';
import { Containers } from './containers.js';
import type { PlacedContainer } from './containers.js';
import { Enforcement } from './enforcement.js';
import type { Learned } from './enforcement.js';
import { Ledger } from './ledger.js';
import type { NodeFinding } from './node-object.js';
import { NodeWriter } from './node-writer.js';
import { finishInterrupted, gapRecord } from './predecessor.js';
import type { Draft } from './profile-recording.js';
import { Recordings } from './recordings.js';
import type { ProfileReport } from './report.js';
import { Policies } from './policies.js';
import { Roots } from './roots.js';
import { RuntimeFiles } from './runtime-files.js';
import { Unreadable, usableFinding } from './usable.js';
import { ViolationDesk } from './violation-desk.js';
import type { Scene } from './violation-desk.js';
import type { Workload } from './workload.js';

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
  /** Directory in bpffs for what outlives this process; absent: only programs at cgroups do. */
  readonly pins?: string;
  /** What else is found of this machine, for its object. */
  readonly findings?: () => readonly NodeFinding[];
  /** The Node that its object goes away with, as known now. */
  readonly owner?: () => OwnerReference | undefined;
  /** Hears what profiles select, when it changed. */
  readonly onSelections?: (selections: readonly Selection[]) => void;
  /** On a node of a cluster: what decides which containers profiles hold for. */
  readonly scope?: Scope;
}

/** ms between looks at counts and losses; also the delay of status and of repeated violations. */
const FLUSH_MS = 1_000;
/** Sets of profiles that the kernel has room for. */
const MAX_POLICIES = 1_024;
/** ms between looks for cgroups that no notification told of. */
const RESCAN_MS = 5_000;
/** ms between writes of a recording; design §3. */
const RECORDING_MS = 30_000;

/** Who a gap is about. */
type Subjected = Pick<ContainerFacts, 'namespace' | 'pod' | 'podUid' | 'container' | 'containerId'>;

const lsmFinding = ({ lsm, lsmShortfall }: TracingSession): NodeFinding =>
  lsm
    ? {
        type: 'LsmAttached',
        holds: true,
        reason: 'Attached',
        message: 'exec and opening are refused in the hooks of the kernel',
      }
    : {
        type: 'LsmAttached',
        holds: false,
        reason: lsmShortfall?.code ?? 'NotAsked',
        message: lsmShortfall?.advice ?? 'the LSM programs were not asked for',
      };

const policiesIn = (session: TracingSession): ReadonlySet<number> =>
  new Set(session.slots().flatMap(({ policy }) => (policy === 0 ? [] : [policy])));

export class Agent {
  readonly #options: AgentOptions;
  readonly #session: TracingSession;
  readonly #recordings: Recordings;
  readonly #files: RuntimeFiles;
  readonly #ledger: Ledger;
  readonly #board: Board;
  readonly #desk: ViolationDesk;
  readonly #nodeWriter: NodeWriter;
  readonly #losses: Losses;
  readonly #enforcement: Enforcement;
  readonly #policies: Policies;
  readonly #roots: Roots;
  readonly #containers: Containers | undefined;
  readonly #unreadable = new Unreadable();
  readonly #stop = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #wanted = false;
  #syncing: Promise<void> = Promise.resolve();
  /** Under way: what recordings have to say is being stored. */
  #storing: Promise<void> | undefined;
  #following: Promise<void> | undefined;
  #unwritten = 0;
  /** Recordings of the process before this one may still be open. */
  #interrupted = false;
  /** Whether it was said which containers run. */
  #synchronized = false;
  /** And who each of them is. */
  #allKnown = false;

  private constructor(options: AgentOptions, session: TracingSession) {
    const { node, state, scope } = options;
    this.#roots = new Roots((slot) => this.#enforcement.workloads.at(slot)?.directory);
    const resolve = createResolver((pid) => this.#roots.of(pid));
    this.#policies = new Policies(
      session,
      MAX_POLICIES,
      Math.floor(Date.now() / 1000),
      policiesIn(session),
    );
    this.#containers = scope === undefined ? undefined : new Containers(scope);
    this.#options = options;
    this.#session = session;
    this.#recordings = new Recordings(session, options.store, resolve, node);
    this.#files = new RuntimeFiles(state);
    this.#ledger = new Ledger(this.#files.accounts());
    this.#board = new Board(node, this.#ledger);
    this.#losses = new Losses(node);
    this.#desk = new ViolationDesk(this.#ledger, options.log);
    this.#nodeWriter = new NodeWriter(options.store, node);
    this.#enforcement = new Enforcement({
      session,
      store: options.store,
      node,
      resolve,
      recordings: this.#recordings,
      catalogue: new Catalogue(state),
      files: this.#files,
      ledger: this.#ledger,
      board: this.#board,
      policies: this.#policies,
      ...(this.#containers === undefined ? {} : { containers: this.#containers }),
      abilities: { lsm: session.lsm },
      onSelections: options.onSelections ?? (() => undefined),
      write: (records) => {
        this.#write(records);
      },
      catchUp: () => {
        this.#catchUp();
      },
      onCgroups: () => {
        void this.#sync();
      },
    });
  }

  /** Loads the programs; nothing is in force yet. @throws PinfoldError where the kernel lacks something */
  static open(options: AgentOptions): Agent {
    const { pins } = options;
    const session = TracingSession.open(pins === undefined ? {} : { pins });
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

  /** Whether the LSM programs are attached. */
  get lsm(): boolean {
    return this.#session.lsm;
  }

  /**
   * A container is about to start: what holds for it is made ready. Returns its workload; undefined: no
   * profile holds for it.
   */
  prepare(container: PlacedContainer): Workload | undefined {
    const workload = this.#enforcement.prepare(container);
    this.#report();
    return workload;
  }

  /** A container's cgroup is there, and its program is about to start in it. */
  started(container: PlacedContainer): void {
    this.#enforcement.started(container);
  }

  /**
   * A container was found without its runtime's word: what holds for it is put in force at once. Returns its
   * workload; undefined: no profile holds for it. @throws PinfoldError ProfilesUnknown: it is as soon as they are
   */
  found(container: PlacedContainer): Workload | undefined {
    const workload = this.#enforcement.found(container);
    this.#report();
    return workload;
  }

  /** Whether that container's cgroup is known to be its. */
  knows(cgroup: string, containerId: string): boolean {
    return this.#containers?.isOf(cgroup, containerId) === true;
  }

  /** A container ended, or never came to start. */
  removed(containerId: string): void {
    this.#enforcement.removed(containerId);
    void this.#sync();
  }

  /**
   * These containers run, and no others; of `others` it is only known that they are there: what holds for
   * them stays. `whole`: it is known of each who it is. Resolves when what holds for them is in force.
   */
  async synchronize(
    running: readonly PlacedContainer[],
    others: readonly string[] = [],
    whole = true,
  ): Promise<void> {
    const ids = running.map(({ facts }) => facts.containerId);
    this.#containers?.retain(new Set([...ids, ...others]));
    for (const container of running) this.#containers?.set(container, true);
    this.#synchronized = true;
    this.#allKnown = whole;
    await this.#sync();
  }

  /** Something ran, or runs, that nobody judged. */
  gap(code: string, detail: string, facts: Subjected | undefined): void {
    const { namespace, pod, podUid, container, containerId } = facts ?? {};
    const about =
      facts === undefined
        ? ''
        : ` (pod ${String(namespace)}/${String(pod)} ${String(podUid)}, container ${String(container)} ${String(containerId)})`;
    this.#write([
      {
        kind: 'gap',
        time: instantOf(Date.now()),
        node: this.#options.node,
        code,
        detail: `${detail}${about}`,
      },
    ]);
  }

  /** Something that profiles are made of changed without the store telling. */
  refresh(): void {
    this.#enforcement.outdate();
    void this.#sync();
  }

  get watched(): readonly string[] {
    return this.#enforcement.workloads.cgroups();
  }

  /** Resolves when everything stored is in force. */
  async start(): Promise<void> {
    this.#succeed();
    this.#session.onEvents(() => {
      this.#drain();
    });
    this.#following = this.#follow();
    await this.#sync();
    if (this.#stop.signal.aborted) return;
    const every = (ms: number, work: () => unknown): void => {
      this.#timers.push(setInterval(work, ms));
    };
    every(FLUSH_MS, () => {
      this.#flush();
    });
    every(RESCAN_MS, () => this.#sync());
    every(RECORDING_MS, () => {
      this.#store({ drafts: this.#recordings.drafts(Date.now()), ended: [] });
    });
    this.#flush();
  }

  /** Writes what was learned and ends; network enforcement stays with its cgroups. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stop.abort();
    await this.#following;
    await this.#syncing;
    await this.#storing;
    this.#enforcement.close();
    this.#catchUp();
    const finals = this.#recordings.finals(Date.now());
    if (finals.length > 0) await this.#save(finals);
    await this.#desk.writeEvents(this.#options.store);
  }

  /** Detaches and unloads; after `stop`. What is attached to last stays. */
  async close(): Promise<void> {
    try {
      this.#drain();
      await this.#writeNode(false);
      this.#files.setAccounts(this.#ledger.accounts);
      this.#files.beat(Date.now(), true);
    } finally {
      this.#session.close();
    }
  }

  /** Says what an earlier process could not see. */
  #succeed(): void {
    const beat = this.#files.heartbeat();
    if (beat === undefined) return;
    this.#write([gapRecord(beat, this.#files.enforced(), this.#options.node, Date.now())]);
    this.#interrupted = true;
  }

  /** Ends the recordings of the process before this one, as soon as the store can be reached. */
  async #finishInterrupted(): Promise<void> {
    if (!this.#interrupted) return;
    await finishInterrupted(this.#options.store, this.#options.node);
    this.#interrupted = false;
  }

  async #follow(): Promise<void> {
    for await (const event of this.#options.store.watch(this.#stop.signal)) {
      this.#unreadable.take(event);
      const kind = event.kind === 'Applied' ? event.object.kind : event.key?.kind;
      if (event.kind === 'Rejected' || kind === 'RecordedBehavior' || kind === 'NodeEnforcement')
        continue;
      this.#enforcement.outdate();
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
        const learned = await this.#enforcement.bring();
        this.#releaseInherited();
        this.#report();
        // Nobody waits for these here: what is to be in force next must not hang on the API server.
        this.#store(learned);
        if (this.#nodeWriter.rested(Date.now())) void this.#guarded(() => this.#writeNode(true));
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

  /** What an earlier process left ends once it is known who all that runs is and the profiles are in force. */
  #releaseInherited(): void {
    if (this.#containers !== undefined && !this.#allKnown) return;
    this.#enforcement.workloads.releaseInherited();
    this.#policies.releaseInherited(policiesIn(this.#session));
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
      this.#roots.note(event.header.pid, event.header.slot);
      this.#recordings.take(event);
      const workload = this.#enforcement.workloads.at(event.header.slot);
      const violation = workload?.take(event);
      if (workload !== undefined && violation !== undefined)
        records.push(this.#desk.take(violation, this.#sceneOf(workload)));
    });
    this.#write(records);
    if (records.length > 0) void this.#guarded(() => this.#desk.writeEvents(this.#options.store));
  }

  #sceneOf({ directory, cgroup }: Workload): Scene {
    const pod = this.#containers?.pod(cgroup);
    const { profileOf } = this.#enforcement;
    return { directory, profileOf, ...(pod === undefined ? {} : { pod }) };
  }

  /** Brings everything up to what the kernel knows. */
  #catchUp(): void {
    this.#drain();
    const entries = this.#session.seen();
    this.#recordings.catchUp(entries, Date.now());
    const repeats = this.#enforcement.workloads
      .all()
      .flatMap((workload) =>
        workload
          .repeats(entries)
          .map((violation) => this.#desk.take(violation, this.#sceneOf(workload))),
      );
    const loss = this.#losses.since(this.#session.counters(), Date.now());
    this.#write(loss === undefined ? repeats : [...repeats, loss]);
  }

  #flush(): void {
    if (this.#enforcement.workloads.all().length > 0) this.#catchUp();
    this.#report();
    void this.#guarded(async () => {
      this.#files.beat(Date.now());
      this.#files.setAccounts(this.#ledger.accounts);
      await this.#desk.writeEvents(this.#options.store);
      await this.#writeNode(true);
    });
  }

  /** What cannot be stored is drafted again at the next look. */
  #store({ drafts, ended }: Learned): void {
    this.#storing ??= this.#guarded(async () => {
      await this.#save(drafts);
      this.#enforcement.forgetEnded(ended);
    }).finally(() => {
      this.#storing = undefined;
    });
  }

  /** Those of an earlier process are ended first: ours have the same names. */
  async #save(drafts: readonly Draft[]): Promise<void> {
    await this.#finishInterrupted();
    await this.#recordings.save(drafts);
  }

  #writeNode(running: boolean): Promise<void> {
    const accounts = [...this.#board.entries.keys()].map((id) => this.#ledger.of(id));
    const held = this.#enforcement.workloads
      .all()
      .filter(({ plan }) => (plan?.realisations.length ?? 0) > 0);
    const totals = {
      containers: held.length,
      denied: accounts.reduce((sum, { denied }) => sum + denied, 0),
      audited: accounts.reduce((sum, { audited }) => sum + audited, 0),
      lost: this.#losses.total,
    };
    const isKnown = this.#containers === undefined || this.#synchronized;
    const profiles = isKnown ? { profiles: this.#board.realized() } : {};
    const refusals = [...this.#unreadable.refusals, ...this.#enforcement.refusals()];
    const findings = [
      lsmFinding(this.#session),
      usableFinding(refusals),
      ...(this.#options.findings?.() ?? []),
    ];
    const owner = this.#options.owner?.();
    return this.#nodeWriter.write({
      ...profiles,
      totals,
      running,
      unwritten: this.#unwritten,
      findings,
      ...(owner === undefined ? {} : { owner }),
    });
  }
}
