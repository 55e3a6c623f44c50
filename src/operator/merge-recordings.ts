/** What several nodes recorded of one profile, as one behaviour again. */
import type { RecordedBehaviorSpec } from '../api/objects.js';
import type { Behaviour, Note } from '../recorder/behaviour.js';
import {
  createBehaviour,
  lost,
  sawCapability,
  sawExec,
  sawFile,
  sawNote,
  sawSocket,
  sawSyscall,
} from '../recorder/saw.js';

const isPattern = (path: string): boolean =>
  path.split('/').some((segment) => segment.endsWith('*'));

/** Paths that the node has generalised stay the patterns they are. */
const takeFiles = (behaviour: Behaviour, spec: RecordedBehaviorSpec): void => {
  for (const { path, access, firstSeen, count, directory, fromArgument } of spec.files ?? []) {
    const at = Date.parse(firstSeen);
    if (!isPattern(path)) {
      sawFile(behaviour, { path, access, at, count, directory, fromArgument });
      continue;
    }
    const key = `pattern:${path}`;
    const known = behaviour.files.get(key);
    for (const kind of access) known?.access.add(kind);
    if (known !== undefined) known.count += count;
    else
      behaviour.files.set(key, {
        path,
        access: new Set(access),
        count,
        firstSeen: at,
        lastSeen: Date.parse(spec.updatedAt),
        generalised: { rules: new Set(), originals: count, examples: [] },
      });
  }
};

const take = (behaviour: Behaviour, spec: RecordedBehaviorSpec): void => {
  const until = Date.parse(spec.updatedAt);
  behaviour.startSeen ||= spec.startSeen;
  for (const { firstSeen, ...exec } of spec.execs ?? [])
    sawExec(behaviour, { ...exec, at: Date.parse(firstSeen), until });
  takeFiles(behaviour, spec);
  for (const { firstSeen, ...socket } of spec.sockets ?? [])
    sawSocket(behaviour, { ...socket, at: Date.parse(firstSeen), until });
  for (const { name, firstSeen, count } of spec.capabilities ?? [])
    sawCapability(behaviour, { capability: name, at: Date.parse(firstSeen), until, count });
  for (const { firstSeen, ...call } of spec.syscalls ?? [])
    sawSyscall(behaviour, { ...call, at: Date.parse(firstSeen), until });
  for (const [name, count] of Object.entries(spec.lost ?? {})) lost(behaviour, name, BigInt(count));
  // Codes of other versions are kept as they are: they are only shown.
  for (const { code, detail, count } of spec.notes ?? [])
    sawNote(behaviour, code as Note['code'], detail, count);
};

export const mergeRecordings = (specs: readonly RecordedBehaviorSpec[]): Behaviour => {
  const behaviour = createBehaviour();
  for (const spec of specs) take(behaviour, spec);
  return behaviour;
};
