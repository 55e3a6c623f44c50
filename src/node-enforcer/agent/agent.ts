/**
 * The node enforcer without a cluster: puts stored profiles in force for the cgroups that they name,
 * judges and records what happens there, and reports. One `TracingSession` serves all of it.
 */
import type { Logger } from 'pino';
import type { AuditRecord } from '../../audit/record.js';
import { TracingSession } from '../../bpf/session.js';
import { reasonOf } from '../../errors.js';
import { keyText } from '../../store/object-key.js';
import type { ObjectKey, ObjectStore } from '../../store/store.js';
import { Losses } from '../losses.js';
import { createResolver } from '../resolver.js';
import { Board } from './board.js';
import { Catalogue } from './catalogue.js';
import { Enforcement } from './enforcement.js';
import { Ledger } from './ledger.js';
import { NodeWriter } from './node-writer.js';
import { gapRecord, markInterrupted } from './predecessor.js';
import { Recordings } from './recordings.js';
import type { ProfileReport } from './report.js';
import { RuntimeFiles } from './runtime-files.js';
import { ViolationDesk } from './violation-desk.js';

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

export class Agent {
  readonly #options: AgentOptions;
  readonly #session: TracingSession;
  readonly #recordings: Recordings;
  readonly #files: RuntimeFiles;
  readonly #ledger = new Ledger();
  readonly #board: Board;
  readonly #desk: ViolationDesk;
  readonly #nodeWriter: NodeWriter;
  readonly #losses: Losses;
  readonly #enforcement: Enforcement;
  readonly #stop = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #wanted = false;
  #syncing: Promise<void> = Promise.resolve();
  #following: Promise<void> | undefined;
  #unwritten = 0;

  private constructor(options: AgentOptions, session: TracingSession) {
    const { node, state } = options;
    const resolve = createResolver();
    this.#options = options;
    this.#session = session;
    this.#recordings = new Recordings(session, options.store, resolve, node);
    this.#files = new RuntimeFiles(state);
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
    this.#enforcement.outdate();
    void this.#sync();
  }

  get watched(): readonly string[] {
    return this.#enforcement.workloads.cgroups();
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
    this.#enforcement.close();
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
        await this.#enforcement.bring();
        this.#report();
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
      const workload = this.#enforcement.workloads.at(event.header.slot);
      const violation = workload?.take(event);
      if (workload !== undefined && violation !== undefined)
        records.push(this.#desk.take(violation, workload.directory, this.#enforcement.profileOf));
    });
    this.#write(records);
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
          .map((violation) =>
            this.#desk.take(violation, workload.directory, this.#enforcement.profileOf),
          ),
      );
    const loss = this.#losses.since(this.#session.counters(), Date.now());
    this.#write(loss === undefined ? repeats : [...repeats, loss]);
  }

  #flush(): void {
    if (this.#enforcement.workloads.all().length > 0) this.#catchUp();
    this.#report();
    void this.#guarded(async () => {
      this.#files.beat(Date.now());
      await this.#desk.writeEvents(this.#options.store);
      await this.#writeNode(true);
    });
  }

  async #writeRecordings(): Promise<void> {
    await this.#recordings.save(this.#recordings.drafts(Date.now()));
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
    const profiles = this.#board.realized();
    return this.#nodeWriter.write({ profiles, totals, running, unwritten: this.#unwritten });
  }
}
