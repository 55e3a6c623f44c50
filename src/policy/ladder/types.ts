/** What the ladder plans: the words that the planner, the launcher and the network tables share. */
import type { Architecture, Operation, Protocol, RuleClass, RuleRef } from '../operation.js';

/** What this machine can do, and what the launcher holds. Probed elsewhere, once. */
export interface LadderAbilities {
  /** Landlock ABI version, 0 where the kernel has none or it is off. */
  readonly landlockAbi: number;
  readonly seccomp: boolean;
  /** cgroup-bpf connect, bind and sendmsg programs can be attached. */
  readonly cgroupBpf: boolean;
  /** ABIs that this kernel serves, its own first. */
  readonly architectures: readonly Architecture[];
  /** Capabilities that the launcher holds, without `CAP_`. */
  readonly capabilities: readonly string[];
  /** Denials are seen and become audit records. */
  readonly observesDenials: boolean;
  /** Canonical paths of ELF interpreters (ld.so) that exist; absent: the usual ones. */
  readonly loaders?: readonly string[];
}

export type FileKind = 'File' | 'Directory';

/** What a canonical path is at launch. A symbolic link, and what lies behind one, is `undefined`. */
export type KindOf = (path: string) => FileKind | undefined;

/** One Landlock path_beneath rule. */
export interface LandlockRule {
  readonly path: string;
  /** LANDLOCK_ACCESS_FS_*. */
  readonly rights: number;
}

export interface LandlockPlan {
  /** LANDLOCK_ACCESS_FS_*, LANDLOCK_ACCESS_NET_*, LANDLOCK_SCOPE_*. */
  readonly handledFs: number;
  readonly handledNet: number;
  readonly scoped: number;
  readonly rules: readonly LandlockRule[];
  readonly ports: readonly { readonly port: number; readonly rights: number }[];
}

export type SeccompAction =
  | { readonly kind: 'Allow' }
  | { readonly kind: 'Errno'; readonly errno: number }
  | { readonly kind: 'Kill' };

/** `MaskEquals`: `(argument & mask) === value`, all in 64 bits. */
export interface ArgumentCondition {
  readonly argument: number;
  readonly mask: bigint;
  readonly value: bigint;
}

export interface SeccompRule {
  readonly architecture: Architecture;
  readonly syscall: string;
  /** As seccomp sees it: x32 with its bit. */
  readonly number: number;
  /** All must hold; at most one for an argument. */
  readonly conditions: readonly ArgumentCondition[];
  readonly action: SeccompAction;
}

/**
 * One filter. Of the rules that match a call the most restrictive decides (kill, errno, allow),
 * else the default. ABIs that are not listed get the default, or are killed where that is Allow.
 */
export interface SeccompPlan {
  readonly defaultAction: SeccompAction;
  readonly architectures: readonly Architecture[];
  readonly rules: readonly SeccompRule[];
}

/** Allows what it matches. `family` 0: any address. Ports are inclusive. */
export interface NetworkEntry {
  readonly direction: 'Egress' | 'Ingress';
  readonly family: 0 | 4 | 6;
  /** Network byte order; 4 or 16 bytes, none for family 0. */
  readonly address: readonly number[];
  readonly prefixLength: number;
  readonly protocol: Protocol;
  readonly portLow: number;
  readonly portHigh: number;
  /** Position in `LadderPlan.refs`. */
  readonly rule: number;
}

export interface NetworkPlan {
  /** Whether what no entry matches is allowed: the direction is no allow-list. */
  readonly defaultAllow: { readonly egress: boolean; readonly ingress: boolean };
  readonly entries: readonly NetworkEntry[];
}

/** An operation on which ladder and profile disagree. `by`: the way in which it is done. */
export interface Witness {
  readonly operation: Operation;
  readonly by?: string;
}

/** Something of the profile that this machine cannot enforce exactly. */
export interface Gap {
  readonly class: RuleClass;
  /** CamelCase, as in GAP_CODES. */
  readonly code: string;
  /** One sentence for a person. */
  readonly detail: string;
  /** Up to five rules it is about, as a person would write them. */
  readonly rules: readonly string[];
  /** true: more is allowed than the profile allows; false: more is denied. */
  readonly widened: boolean;
  readonly example?: Witness;
}

export interface LadderPlan {
  readonly profile: string;
  readonly landlock?: LandlockPlan;
  readonly seccomp?: SeccompPlan;
  /** Capabilities to keep; absent: all. */
  readonly capabilities?: { readonly keep: readonly string[] };
  readonly network?: NetworkPlan;
  /** Rule ids of the kernel's network table: position = id; 0 is "none" and undefined. */
  readonly refs: readonly (RuleRef | undefined)[];
  readonly gaps: readonly Gap[];
  /** Paths of allow rules that do not exist now and for which nothing was granted. */
  readonly missing: readonly string[];
  readonly denialsObserved: boolean;
}
