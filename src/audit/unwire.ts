/** The way back: a validated line as an audit record. */
import type { Operation, PathObject } from '../policy/operation.js';
import { cloak } from '../policy/cloak.js';
import type { AuditRecord, Instant, Process, Subject, ViolationRecord } from './record.js';
import type {
  WireOperation,
  WirePath,
  WireProcess,
  WireRecord,
  WireSubject,
  WireViolation,
} from './wire.js';

const unbase64 = (text: string): string => cloak(Buffer.from(text, 'base64'));

const textOf = (plain: string | undefined, encoded: string | undefined): string =>
  plain ?? unbase64(encoded ?? '');

/** RFC 3339 with nine digits of fraction, as the schema demands; `undefined` for no such date. */
export const instantFrom = (text: string): Instant | undefined => {
  const seconds = Date.parse(`${text.slice(0, 19)}Z`) / 1000;
  return Number.isNaN(seconds) ? undefined : { seconds, nanos: Number(text.slice(20, 29)) };
};

const pathFrom = ({ path, pathBase64, doubt, deleted, fileless }: WirePath): PathObject => ({
  path: textOf(path, pathBase64),
  ...(doubt && { doubt }),
  ...(deleted && { deleted }),
  ...(fileless && { fileless }),
});

const operationFrom = (wire: WireOperation): Operation => {
  switch (wire.operation) {
    case 'Exec':
      return { kind: 'Exec', object: pathFrom(wire) };
    case 'File':
      return { kind: 'File', object: pathFrom(wire), access: wire.access };
    case 'Connect':
    case 'Bind': {
      const { operation: kind, protocol, address, port } = wire;
      return { kind, protocol, address, port };
    }
    case 'Capability':
      return { kind: 'Capability', capability: wire.capability };
    case 'Syscall':
      return { kind: 'Syscall', architecture: wire.architecture, name: wire.syscall };
    case 'Forbidden':
      return { kind: 'Forbidden', behaviour: wire.behaviour };
  }
};

const processFrom = (wire: WireProcess): Process => {
  const argv = wire.argv ?? wire.argvBase64?.map(unbase64);
  return {
    pid: wire.pid,
    tid: wire.tid ?? wire.pid,
    uid: wire.uid,
    exe: textOf(wire.exe, wire.exeBase64),
    comm: textOf(wire.comm, wire.commBase64),
    ...(argv && { argv }),
  };
};

const subjectFrom = (wire: WireSubject): Subject => {
  const { profile, revision, generation, slot, cgroup } = wire;
  const { pod, podUid, container, containerId } = wire;
  return {
    profile,
    ...(revision !== undefined && { revision }),
    generation,
    ...(slot !== undefined && { slot }),
    ...(cgroup !== undefined && { cgroup }),
    ...(pod !== undefined && { pod }),
    ...(podUid !== undefined && { podUid }),
    ...(container !== undefined && { container }),
    ...(containerId !== undefined && { containerId }),
  };
};

interface Times {
  readonly time: Instant;
  readonly firstTime?: Instant;
  readonly truncated?: readonly string[];
}

const violationFrom = (wire: WireViolation, times: Times): ViolationRecord => {
  const { kind, node, cpu, seq, severity, mode, outcome, reason, errno, rule, count } = wire;
  return {
    kind,
    node,
    cpu,
    sequence: seq,
    severity,
    mode,
    outcome,
    class: wire.class,
    operation: operationFrom(wire),
    source: wire.source ?? 'object',
    reason,
    ...(errno !== undefined && { errno }),
    subject: subjectFrom(wire),
    ...(rule && { rule: { profile: wire.profile, class: wire.class, ...rule } }),
    process: processFrom(wire.process),
    ...(count !== undefined && { count }),
    ...times,
  };
};

/** The record that a schema-valid object stands for; `undefined` where a time is no real date. */
export const fromWire = (wire: WireRecord): AuditRecord | undefined => {
  const time = instantFrom(wire.time);
  const since = 'firstTime' in wire ? wire.firstTime : undefined;
  const firstTime = since === undefined ? undefined : instantFrom(since);
  if (!time || (since !== undefined && !firstTime)) return undefined;
  const cut = wire.truncated && { truncated: wire.truncated };
  const times: Times = { time, ...(firstTime && { firstTime }), ...cut };
  const { node } = wire;
  switch (wire.kind) {
    case 'violation':
      return violationFrom(wire, times);
    case 'gap': {
      const { kind, code, detail, profile, generation = 0 } = wire;
      const subject = profile !== undefined && {
        subject: subjectFrom({ ...wire, profile, generation }),
      };
      return {
        kind,
        node,
        code,
        detail,
        ...(wire.class && { class: wire.class }),
        ...subject,
        ...times,
      };
    }
    case 'lifecycle': {
      const { kind, event, mode, previousMode, exitCode, signal } = wire;
      return {
        kind,
        node,
        event,
        mode,
        ...(previousMode && { previousMode }),
        subject: subjectFrom(wire),
        ...(exitCode !== undefined && { exitCode }),
        ...(signal !== undefined && { signal }),
        time,
        ...cut,
      };
    }
    case 'loss': {
      const { kind, where, lost, detail } = wire;
      return { kind, node, where, lost, detail, ...times };
    }
  }
};
