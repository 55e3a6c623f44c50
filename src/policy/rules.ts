/**
 * The rules of one profile after `extends` and `baseRevision` were united with its own: what every
 * verdict, diff, explanation and compilation starts from. Plain data, validated, in canonical order.
 *
 * A class is an allow-list only where its `allow` is present (`[]` allows nothing); `deny` wins.
 */
import type { Access, Architecture, Forbiddable, Protocol, RuleRef } from './operation.js';

export interface PathRule {
  /** Path grammar of design: literal segments, `*`, `name*`, a trailing `**`. */
  readonly pattern: string;
  /** What is granted or refused. Under deny, and for exec, absent means all. */
  readonly access?: readonly Access[];
  readonly ref: RuleRef;
}

export interface PathRules {
  readonly allow?: readonly PathRule[];
  readonly deny: readonly PathRule[];
}

export interface NetworkRule {
  /** Peers (egress: destination; ingress: source). Empty: any address. */
  readonly blocks: readonly { readonly cidr: string; readonly except: readonly string[] }[];
  /** Remote ports (egress) or local ports (ingress). Empty: any. `port` absent: all of the protocol. */
  readonly ports: readonly {
    readonly protocol: Protocol;
    readonly port?: number;
    readonly endPort?: number;
  }[];
  readonly ref: RuleRef;
}

export interface NameRule<Name extends string = string> {
  readonly name: Name;
  readonly ref: RuleRef;
}

export interface NameRules {
  readonly allow?: readonly NameRule[];
  readonly deny: readonly NameRule[];
}

export type SyscallAction =
  { readonly action: 'Errno'; readonly errno: string } | { readonly action: 'KillProcess' };

export interface EffectiveRules {
  /** `namespace/name`, or `name`. */
  readonly profile: string;
  readonly exec: PathRules;
  readonly files: PathRules;
  readonly egress?: readonly NetworkRule[];
  readonly ingress?: readonly NetworkRule[];
  readonly capabilities: NameRules;
  readonly syscalls: NameRules & {
    /** ABIs on which `allow` holds; any other ABI is refused where `allow` is present. */
    readonly architectures: readonly Architecture[];
    readonly otherwise: SyscallAction;
  };
  readonly forbid: readonly NameRule<Forbiddable>[];
}
