/**
 * An audit record as the JSON object of its line: flat, named for people, every string valid UTF-8.
 * `toWire` is the definition; serialise.ts produces the same text faster and is tested against it.
 */
import type {
  Access,
  Architecture,
  Forbiddable,
  Operation,
  PathDoubt,
  PathObject,
  Protocol,
  RuleClass,
  RuleRef,
} from '../policy/operation.js';
import { base64Of, isCloaked, wellFormed } from '../policy/cloak.js';
import { RECORD_SCHEMA } from './record.js';
import type {
  AuditRecord,
  Instant,
  JudgingMode,
  LifecycleEvent,
  LossPlace,
  Outcome,
  Process,
  ProfileMode,
  Reason,
  Severity,
  Subject,
} from './record.js';

/** Exactly one of the two is present. */
export interface WirePath {
  readonly path?: string;
  readonly pathBase64?: string;
  readonly doubt?: PathDoubt;
  readonly deleted?: true;
  readonly fileless?: true;
}

interface WireEndpoint {
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
}

export type WireOperation =
  | (WirePath & { readonly operation: 'Exec' })
  | (WirePath & { readonly operation: 'File'; readonly access: readonly Access[] })
  | (WireEndpoint & { readonly operation: 'Connect' | 'Bind' })
  | { readonly operation: 'Capability'; readonly capability: string }
  | {
      readonly operation: 'Syscall';
      readonly architecture: Architecture;
      readonly syscall: string;
    }
  | { readonly operation: 'Forbidden'; readonly behaviour: Forbiddable };

export interface WireProcess {
  readonly pid: number;
  /** Only where it is not the pid. */
  readonly tid?: number;
  readonly uid: number;
  readonly exe?: string;
  readonly exeBase64?: string;
  readonly comm?: string;
  readonly commBase64?: string;
  readonly argv?: readonly string[];
  readonly argvBase64?: readonly string[];
}

export interface WireRule {
  readonly list: 'allow' | 'deny';
  readonly index: number;
  readonly text: string;
  /** Only where it is not the record's own. */
  readonly profile?: string;
  readonly class?: RuleClass;
}

export interface WireSubject {
  readonly profile: string;
  readonly revision?: string;
  readonly generation: number;
  readonly slot?: number;
  readonly cgroup?: number;
  readonly pod?: string;
  readonly podUid?: string;
  readonly container?: string;
  readonly containerId?: string;
}

interface WireBase {
  readonly schema: string;
  readonly time: string;
  readonly node: string;
  readonly truncated?: readonly string[];
}

interface WireJudgement extends WireBase, WireSubject {
  readonly kind: 'violation';
  readonly cpu: number;
  readonly seq: number;
  readonly outcome: Outcome;
  readonly class: RuleClass;
  /** Absent: the kernel's own object. */
  readonly source?: 'argument';
  readonly reason: Reason;
  readonly errno?: string;
  readonly mode: JudgingMode;
  readonly severity: Severity;
  readonly rule?: WireRule;
  readonly process: WireProcess;
  readonly count?: number;
  readonly firstTime?: string;
}

export type WireViolation = WireJudgement & WireOperation;

export interface WireGap extends WireBase, Partial<WireSubject> {
  readonly kind: 'gap';
  readonly code: string;
  readonly detail: string;
  readonly class?: RuleClass;
  readonly firstTime?: string;
}

export interface WireLifecycle extends WireBase, WireSubject {
  readonly kind: 'lifecycle';
  readonly event: LifecycleEvent;
  readonly mode: ProfileMode;
  readonly previousMode?: ProfileMode;
  readonly exitCode?: number;
  readonly signal?: string;
}

export interface WireLoss extends WireBase {
  readonly kind: 'loss';
  readonly where: LossPlace;
  readonly lost: number;
  readonly detail: string;
  readonly firstTime?: string;
}

export type WireRecord = WireViolation | WireGap | WireLifecycle | WireLoss;

/** RFC 3339 in UTC with nine digits of fraction. */
export const timeText = ({ seconds, nanos }: Instant): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, -5)}.${String(nanos).padStart(9, '0')}Z`;

const wirePath = ({ path, doubt, deleted, fileless }: PathObject): WirePath => ({
  ...(isCloaked(path) ? { pathBase64: base64Of(path) } : { path }),
  ...(doubt && { doubt }),
  ...(deleted && { deleted }),
  ...(fileless && { fileless }),
});

/** The operation of a record; names follow policy/operation.ts. */
export const wireOperation = (operation: Operation): WireOperation => {
  switch (operation.kind) {
    case 'Exec':
      return { operation: 'Exec', ...wirePath(operation.object) };
    case 'File':
      return { operation: 'File', ...wirePath(operation.object), access: operation.access };
    case 'Connect':
    case 'Bind': {
      const { kind, protocol, address, port } = operation;
      return { operation: kind, protocol, address: wellFormed(address), port };
    }
    case 'Capability':
      return { operation: 'Capability', capability: wellFormed(operation.capability) };
    case 'Syscall': {
      const { architecture, name } = operation;
      return { operation: 'Syscall', architecture, syscall: wellFormed(name) };
    }
    case 'Forbidden':
      return { operation: 'Forbidden', behaviour: operation.behaviour };
  }
};

/** The acting task; each text that is not UTF-8 under its `…Base64` name. */
export const wireProcess = ({ pid, tid, uid, exe, comm, argv }: Process): WireProcess => ({
  pid,
  ...(tid !== pid && { tid }),
  uid,
  ...(isCloaked(exe) ? { exeBase64: base64Of(exe) } : { exe }),
  ...(isCloaked(comm) ? { commBase64: base64Of(comm) } : { comm }),
  ...(argv && (argv.some(isCloaked) ? { argvBase64: argv.map(base64Of) } : { argv })),
});

/** A rule as seen from a record of `profile` and `ruleClass`: what is the same is not repeated. */
export const wireRule = (rule: RuleRef, profile: string, ruleClass: RuleClass): WireRule => ({
  list: rule.list,
  index: rule.index,
  text: wellFormed(rule.text),
  ...(rule.profile !== profile && { profile: wellFormed(rule.profile) }),
  ...(rule.class !== ruleClass && { class: rule.class }),
});

export const wireSubject = (subject: Subject): WireSubject => {
  const { profile, revision, generation, slot, cgroup } = subject;
  const { pod, podUid, container, containerId } = subject;
  return {
    profile: wellFormed(profile),
    ...(revision !== undefined && { revision: wellFormed(revision) }),
    generation,
    ...(slot !== undefined && { slot }),
    ...(cgroup !== undefined && { cgroup }),
    ...(pod !== undefined && { pod: wellFormed(pod) }),
    ...(podUid !== undefined && { podUid: wellFormed(podUid) }),
    ...(container !== undefined && { container: wellFormed(container) }),
    ...(containerId !== undefined && { containerId: wellFormed(containerId) }),
  };
};

/** The JSON object of a record, its keys in the order in which they are written. */
export const toWire = (record: AuditRecord): WireRecord => {
  const { truncated } = record;
  const firstTime = 'firstTime' in record ? record.firstTime : undefined;
  const head = <Kind extends string>(kind: Kind) => ({
    schema: RECORD_SCHEMA,
    kind,
    time: timeText(record.time),
  });
  const node = wellFormed(record.node);
  const since = firstTime && { firstTime: timeText(firstTime) };
  const cut = truncated && { truncated: truncated.map(wellFormed) };
  switch (record.kind) {
    case 'violation': {
      const { cpu, sequence, outcome, source, reason, errno, mode, severity, rule, count } = record;
      return {
        ...head('violation'),
        cpu,
        seq: sequence,
        outcome,
        class: record.class,
        ...wireOperation(record.operation),
        ...(source === 'argument' && { source }),
        reason,
        ...(errno !== undefined && { errno: wellFormed(errno) }),
        node,
        mode,
        severity,
        ...wireSubject(record.subject),
        ...(rule && { rule: wireRule(rule, record.subject.profile, record.class) }),
        process: wireProcess(record.process),
        ...(count !== undefined && { count }),
        ...since,
        ...cut,
      };
    }
    case 'gap':
      return {
        ...head('gap'),
        node,
        code: wellFormed(record.code),
        detail: wellFormed(record.detail),
        ...(record.class && { class: record.class }),
        ...(record.subject && wireSubject(record.subject)),
        ...since,
        ...cut,
      };
    case 'lifecycle': {
      const { event, mode, previousMode, exitCode, signal } = record;
      return {
        ...head('lifecycle'),
        node,
        event,
        mode,
        ...(previousMode && { previousMode }),
        ...wireSubject(record.subject),
        ...(exitCode !== undefined && { exitCode }),
        ...(signal !== undefined && { signal: wellFormed(signal) }),
        ...cut,
      };
    }
    case 'loss':
      return {
        ...head('loss'),
        node,
        where: record.where,
        lost: record.lost,
        detail: wellFormed(record.detail),
        ...since,
        ...cut,
      };
  }
};
