/**
 * What Pinfold writes down. In memory a record is nested plain data that shares its constant parts
 * (subject, rule, process image) between events, so that the serialiser can cache them by identity;
 * on disk it is one flat JSON line (wire.ts, docs/audit-record.md).
 */
import type { Operation, RuleClass, RuleRef } from '../policy/operation.js';

/** Version of the line format. Fields are only added under the same version; a change of meaning is v2. */
export const RECORD_SCHEMA = 'pinfold.dev/audit/v1';

/** No line is longer, its newline included; design §5. */
export const MAX_RECORD_BYTES = 8192;

/** Wall-clock time: whole seconds since the epoch and nanoseconds 0..999999999. */
export interface Instant {
  readonly seconds: number;
  readonly nanos: number;
}

export const SEVERITIES = ['Low', 'Medium', 'High', 'Critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const PROFILE_MODES = ['Disabled', 'Record', 'Audit', 'Enforce'] as const;
export type ProfileMode = (typeof PROFILE_MODES)[number];

/** Modes in which a verdict is reached. */
export const JUDGING_MODES = ['Audit', 'Enforce'] as const;
export type JudgingMode = (typeof JUDGING_MODES)[number];

export const OUTCOMES = ['Denied', 'WouldDeny', 'Observed'] as const;
/**
 * Denied: the kernel refused. WouldDeny: mode is Audit, and Enforce would have refused.
 * Observed: mode is Enforce, but this machine cannot refuse such an operation; it took place.
 */
export type Outcome = (typeof OUTCOMES)[number];

export const REASONS = ['NotAllowed', 'DeniedByRule', 'CannotTell'] as const;
/** CannotTell: the path could not be established; `operation.object.doubt` says why. */
export type Reason = (typeof REASONS)[number];

/** Whether the object was read from the kernel's own object or from the caller's argument (a hint). */
export const OBJECT_SOURCES = ['object', 'argument'] as const;
export type ObjectSource = (typeof OBJECT_SOURCES)[number];

/** What the profile is applied to: make one object per slot and generation and reuse it. */
export interface Subject {
  /** `namespace/name`, or `name` where there is no namespace. */
  readonly profile: string;
  /** Name of the ProfileRevision in force, where there is one. */
  readonly revision?: string;
  /** `metadata.generation` of the profile the verdict was reached with. */
  readonly generation: number;
  readonly slot?: number;
  /** cgroup id. */
  readonly cgroup?: number;
  /** `namespace/name`. */
  readonly pod?: string;
  readonly podUid?: string;
  /** Name of the container in its pod. */
  readonly container?: string;
  /** As the runtime gives it, or a prefix that is unique on the node. */
  readonly containerId?: string;
}

/** The acting task; `exe` and `comm` are labels for people and decide nothing. */
export interface Process {
  readonly pid: number;
  readonly tid: number;
  readonly uid: number;
  /** Canonical path of the running image. */
  readonly exe: string;
  readonly comm: string;
  /** Only where an administrator turned it on; redacted before it gets here. */
  readonly argv?: readonly string[];
}

interface RecordBase {
  readonly time: Instant;
  readonly node: string;
}

/** An operation that a profile does not allow. */
export interface ViolationRecord extends RecordBase {
  readonly kind: 'violation';
  /** (cpu, sequence) is unique for one boot and load of the engine: what is replayed can be recognised. */
  readonly cpu: number;
  readonly sequence: number;
  readonly severity: Severity;
  readonly mode: JudgingMode;
  readonly outcome: Outcome;
  readonly class: RuleClass;
  readonly operation: Operation;
  readonly source: ObjectSource;
  readonly reason: Reason;
  /** Name of the errno the caller got; absent where nothing was refused. */
  readonly errno?: string;
  readonly subject: Subject;
  /** The rule that decided; absent where no rule matched. */
  readonly rule?: RuleRef;
  readonly process: Process;
  /** How many operations this line stands for; absent means 1. */
  readonly count?: number;
  /** When the first of them took place; `time` is that of the last. */
  readonly firstTime?: Instant;
  /** Names of wire fields that were shortened to keep the line below the limit. */
  readonly truncated?: readonly string[];
}

/** Something was not judged or cannot be enforced, and for how long. */
export interface GapRecord extends RecordBase {
  readonly kind: 'gap';
  /** CamelCase: a code of the error table or a condition reason. */
  readonly code: string;
  readonly detail: string;
  readonly class?: RuleClass;
  readonly subject?: Subject;
  /** When the gap began; `time` is when it ended or was noticed. */
  readonly firstTime?: Instant;
  readonly truncated?: readonly string[];
}

export const LIFECYCLE_EVENTS = ['Start', 'Stop', 'ModeChange'] as const;
export type LifecycleEvent = (typeof LIFECYCLE_EVENTS)[number];

/** A subject came under a profile, left it, or the profile's mode changed. */
export interface LifecycleRecord extends RecordBase {
  readonly kind: 'lifecycle';
  readonly event: LifecycleEvent;
  readonly mode: ProfileMode;
  /** With ModeChange: the mode before. */
  readonly previousMode?: ProfileMode;
  readonly subject: Subject;
  /** With Stop of a command: how it ended. */
  readonly exitCode?: number;
  readonly signal?: string;
  readonly truncated?: readonly string[];
}

export const LOSS_PLACES = ['Kernel', 'Queue', 'Sink'] as const;
/** Kernel: a ring was full. Queue: user space fell behind. Sink: the destination refused writes. */
export type LossPlace = (typeof LOSS_PLACES)[number];

/** Records that exist nowhere: how many, where and why. */
export interface LossRecord extends RecordBase {
  readonly kind: 'loss';
  readonly where: LossPlace;
  readonly lost: number;
  readonly detail: string;
  /** When the first was lost. */
  readonly firstTime?: Instant;
  readonly truncated?: readonly string[];
}

export type AuditRecord = ViolationRecord | GapRecord | LifecycleRecord | LossRecord;

/** `ms` since the epoch (fractions kept to the microsecond) as an Instant. */
export const instantOf = (ms: number): Instant => {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1000) * 1000) };
};
