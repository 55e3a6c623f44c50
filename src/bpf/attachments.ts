/** Which programs are attached: each only while something needs it, or, with pins, for good. */
import { PinfoldError, reasonOf } from '../errors.js';
import { u32 } from './bytes.js';
import { attachLasting } from './engine.js';
import type { Engine } from './engine.js';
import { missingTracepoints } from './kernel.js';
import { CGROUP_PROGRAMS, IDENTITY, NEEDS, PROGRAMS } from './programs.js';
import type { Need } from './programs.js';

/** Both ends of a system call. */
const CALLS: readonly string[] = ['pf_sys_enter', 'pf_sys_exit'];

export class Attachments {
  readonly #engine: Engine;
  readonly #missing = new Set(missingTracepoints());
  readonly #links = new Map<string, number>();
  readonly #needs = new Map<number, readonly Need[]>();
  /** Other than that of the process before this one, whose tasks live on. */
  #epoch = Math.floor(Date.now() / 1000) & 0xffff;

  /** Attaches identity. @throws PinfoldError BpfAttachFailed */
  constructor(engine: Engine) {
    this.#engine = engine;
    attachLasting(engine, (program) => this.#attach(program));
    if (engine.pins === undefined) for (const program of IDENTITY) this.#attach(program);
  }

  #attach(program: string): number {
    const known = this.#links.get(program);
    if (known !== undefined) return known;
    try {
      const link = this.#engine.object.attach(program);
      this.#links.set(program, link);
      return link;
    } catch (cause) {
      throw new PinfoldError('BpfAttachFailed', { program, problem: reasonOf(cause) }, { cause });
    }
  }

  #detach(program: string): void {
    const link = this.#links.get(program);
    if (link === undefined) return;
    this.#engine.object.detach(link);
    this.#links.delete(program);
  }

  /** Attaches what some slot needs and detaches the rest. */
  need(slot: number, needs: readonly Need[]): void {
    if (needs.length === 0) this.#needs.delete(slot);
    else this.#needs.set(slot, needs);
    const wanted = new Set([...this.#needs.values()].flat());
    for (const need of Object.keys(NEEDS) as Need[]) {
      if (need === 'verdicts' && (this.#engine.pins !== undefined || !this.#engine.lsm)) continue;
      for (const program of NEEDS[need]) {
        if (this.#missing.has(program)) continue;
        if (wanted.has(need) && CALLS.includes(program) && !this.#links.has(program))
          this.#beginEpoch();
        if (wanted.has(need)) this.#attach(program);
        else this.#detach(program);
      }
    }
  }

  /** What tasks were in when calls were last followed says nothing any more. */
  #beginEpoch(): void {
    this.#epoch = (this.#epoch + 1) & 0xffff;
    this.#engine.object.update('pf_epoch', u32(0), u32(this.#epoch));
  }

  /** Names of the programs that are attached now, besides those at cgroups. */
  attached(): readonly string[] {
    return [...new Set([...this.#links.keys(), ...(this.#engine.pins?.attached() ?? [])])].sort();
  }

  /** Programs that this kernel has no tracepoint for. */
  missing(): readonly string[] {
    return [...this.#missing].sort();
  }

  /**
   * Runs that the kernel skipped because the program was already running on that CPU. Where both ends of
   * calls are followed, they find out between them what a member lost, and count that.
   */
  misses(): Readonly<Record<string, bigint>> {
    const { object, pins, loads } = this.#engine;
    const pinned = pins?.attached() ?? [];
    const misses: Record<string, bigint> = {};
    for (const program of PROGRAMS) {
      if (CALLS.includes(program) && CALLS.every((each) => this.#links.has(each))) continue;
      let count = 0n;
      if (loads(program)) count = object.programInfo(program).recursionMisses;
      else if (pinned.includes(program)) count = pins?.misses(program) ?? 0n;
      if (count > 0n) misses[program] = count;
    }
    return misses;
  }

  /** Ids of the programs for cgroups that this process loaded. */
  ownCgroupPrograms(): ReadonlySet<number> {
    return new Set(CGROUP_PROGRAMS.map((program) => this.#engine.object.programInfo(program).id));
  }
}
