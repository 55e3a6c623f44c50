/**
 * Compiled policies in the kernel: one for each set of profiles, shared by all slots under the same
 * set, so that three hundred containers of one profile need one table, and a change is one swap.
 */
import { PinfoldError } from '../../errors.js';
import { compile } from '../../policy/automaton/compile.js';
import type { Automaton } from '../../policy/automaton/types.js';
import type { GoodProfile, Realisation } from './realise.js';

export interface CompiledPolicy {
  readonly enforce?: Automaton;
  readonly audit?: Automaton;
}

/** What of the engine this needs. */
export interface PolicyTables {
  /** Swaps the policy's rules for these, in one step for every slot that has it. */
  setPolicy(policy: number, compiled: CompiledPolicy, generation: number): void;
  deletePolicy(policy: number): void;
}

/** What a generation in an event stands for. */
export interface PolicyVersion {
  readonly compiled: CompiledPolicy;
  /** By the name that rules refer to. */
  readonly realisations: ReadonlyMap<string, Realisation>;
}

interface Entry {
  readonly policy: number;
  /** The versions it was compiled from. */
  profiles: readonly GoodProfile[];
  users: number;
}

/** Versions that events of the ring may still refer to. */
const VERSIONS_KEPT = 256;

const judged = (realisations: readonly Realisation[]): readonly Realisation[] =>
  realisations.filter(({ judgedBy }) => judgedBy === 'Kernel');

const compiledFor = (realisations: readonly Realisation[]): CompiledPolicy => {
  const of = (mode: Realisation['mode']): Automaton | undefined => {
    const rules = realisations
      .filter((each) => each.mode === mode)
      .map(({ profile }) => profile.rules);
    return rules.length === 0 ? undefined : compile(rules);
  };
  const [enforce, audit] = [of('Enforce'), of('Audit')];
  return {
    ...(enforce === undefined ? {} : { enforce }),
    ...(audit === undefined ? {} : { audit }),
  };
};

export class Policies {
  readonly #tables: PolicyTables;
  readonly #limit: number;
  readonly #entries = new Map<string, Entry>();
  readonly #versions = new Map<number, PolicyVersion>();
  readonly #free: number[] = [];
  #next = 1;
  /** In use by slots that nobody took over yet. */
  readonly #inherited: Set<number>;
  #generation: number;

  /**
   * `limit`: policies that the kernel has room for; `now` in seconds since the epoch. Generations count up
   * from there, so that those of this process are other ones than those of the process before it.
   * `inherited`: policies that slots of that process still have.
   */
  constructor(tables: PolicyTables, limit: number, now: number, inherited: Iterable<number> = []) {
    this.#tables = tables;
    this.#limit = limit;
    this.#generation = now;
    this.#inherited = new Set(inherited);
  }

  /** Removes policies of the process before this one that no slot has any more. */
  releaseInherited(inUse: ReadonlySet<number>): void {
    for (const policy of this.#inherited) {
      if (inUse.has(policy)) continue;
      this.#inherited.delete(policy);
      this.#tables.deletePolicy(policy);
      this.#free.push(policy);
    }
  }

  /** The policy for these profiles, kept until `drop` of the same key; undefined: the kernel judges nothing. */
  take(
    realisations: readonly Realisation[],
  ): { readonly key: string; readonly policy: number } | undefined {
    const own = judged(realisations);
    if (own.length === 0) return undefined;
    const key = own.map(({ profile }) => profile.id).join('\n');
    const known = this.#entries.get(key);
    const policy = known?.policy ?? this.#allocate();
    const profiles = own.map(({ profile }) => profile);
    const isSame =
      known !== undefined && profiles.every((profile, index) => known.profiles[index] === profile);
    if (!isSame) {
      try {
        this.#install(policy, own);
      } catch (error) {
        if (known === undefined) this.#free.push(policy);
        throw error;
      }
    }
    const entry = known ?? { policy, profiles, users: 0 };
    entry.profiles = profiles;
    entry.users += 1;
    this.#entries.set(key, entry);
    return { key, policy };
  }

  /** One user less; the last one removes it from the kernel. */
  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    this.#entries.delete(key);
    this.#tables.deletePolicy(entry.policy);
    this.#free.push(entry.policy);
  }

  /** What events of that generation were judged by; undefined: an earlier process's, or too long ago. */
  version(generation: number): PolicyVersion | undefined {
    return this.#versions.get(generation);
  }

  #install(policy: number, realisations: readonly Realisation[]): void {
    const compiled = compiledFor(realisations);
    this.#generation += 1;
    this.#tables.setPolicy(policy, compiled, this.#generation);
    const byName = new Map(realisations.map((each) => [each.profile.rules.profile, each]));
    this.#versions.set(this.#generation, { compiled, realisations: byName });
    for (const generation of this.#versions.keys()) {
      if (this.#versions.size <= VERSIONS_KEPT) break;
      this.#versions.delete(generation);
    }
  }

  #allocate(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    while (this.#inherited.has(this.#next)) this.#next += 1;
    const policy = this.#next++;
    if (policy < this.#limit) return policy;
    throw new PinfoldError('PoliciesExhausted', { limit: this.#limit - 1 });
  }
}
