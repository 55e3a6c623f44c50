/**
 * What a member of a slot can do, as the kernel saw it: the input of every verdict.
 *
 * Paths are absolute, canonical (no `.`/`..`, no symbolic links) and relative to the container's
 * root. Bytes that are not UTF-8 travel as lone surrogates U+DC80..U+DCFF (one per byte), so a path
 * round-trips; no valid rule holds one, so only `*` and `**` can match such a segment.
 */

/** What an opened or changed file is needed for. `Attributes`: mode, owner, times, extended attributes. */
export const ACCESSES = [
  'Read',
  'Write',
  'Create',
  'Delete',
  'MapExecutable',
  'Attributes',
] as const;
export type Access = (typeof ACCESSES)[number];

export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** libseccomp's names. `x86` is ia32 on a 64-bit kernel. */
export const ARCHITECTURES = ['x86_64', 'x86', 'x32', 'aarch64', 'arm'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** Behaviours that have no object: `spec.rules.forbid`. */
export const FORBIDDABLE = [
  'Ptrace',
  'Mount',
  'Bpf',
  'UserNamespaces',
  'KernelModules',
  'IoUring',
  'AnonymousExec',
  'FilelessExec',
  'WrittenExec',
  'RawSockets',
] as const;
export type Forbiddable = (typeof FORBIDDABLE)[number];

/** Why a path could not be established. */
export const PATH_DOUBTS = ['Truncated', 'ForeignRoot', 'Raced', 'Unreadable'] as const;
export type PathDoubt = (typeof PATH_DOUBTS)[number];

/** A file-system object. With `doubt` the path is only a hint and a verdict is "cannot tell". */
export interface PathObject {
  readonly path: string;
  readonly doubt?: PathDoubt;
  /** The object had no name left when it was used. */
  readonly deleted?: true;
  /** memfd and the like: never had a name. */
  readonly fileless?: true;
}

export type Operation =
  | { readonly kind: 'Exec'; readonly object: PathObject }
  | { readonly kind: 'File'; readonly object: PathObject; readonly access: readonly Access[] }
  /** Outgoing: connect, or a datagram sent without one. `address` in text form, v4-mapped v6 as v4. */
  | {
      readonly kind: 'Connect';
      readonly protocol: Protocol;
      readonly address: string;
      readonly port: number;
    }
  /** Incoming: the local address and port that is bound; port 0 is "the kernel chooses". */
  | {
      readonly kind: 'Bind';
      readonly protocol: Protocol;
      readonly address: string;
      readonly port: number;
    }
  /** Name without `CAP_`. */
  | { readonly kind: 'Capability'; readonly capability: string }
  | { readonly kind: 'Syscall'; readonly architecture: Architecture; readonly name: string }
  | { readonly kind: 'Forbidden'; readonly behaviour: Forbiddable };

export const RULE_CLASSES = [
  'exec',
  'files',
  'egress',
  'ingress',
  'capabilities',
  'syscalls',
  'forbid',
] as const;
export type RuleClass = (typeof RULE_CLASSES)[number];

/** Names one rule of one profile: what an audit record and a message point at. */
export interface RuleRef {
  /** `namespace/name` of the profile (`name` alone where it has no namespace), or a ProfileRevision's name. */
  readonly profile: string;
  readonly class: RuleClass;
  readonly list: 'allow' | 'deny';
  /** Position in that list of that profile, from 0. */
  readonly index: number;
  /** The rule as a person would write it: `/etc/nginx/** [Read]`, `TCP 10.0.0.0/8:5432`. */
  readonly text: string;
}

export type Verdict =
  | { readonly kind: 'Allow'; readonly rule?: RuleRef }
  /** `rule` absent: the class is an allow-list and nothing in it matched. */
  | { readonly kind: 'Deny'; readonly class: RuleClass; readonly rule?: RuleRef }
  | { readonly kind: 'CannotTell'; readonly class: RuleClass; readonly doubt: PathDoubt };
