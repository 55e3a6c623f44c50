/** The violation that no kernel event tells of: the launcher could not execute the command. */
import { hostname } from 'node:os';
import { instantOf } from '../audit/record.js';
import type { JudgingMode, Subject, ViolationRecord } from '../audit/record.js';
import { judge } from '../policy/judge.js';
import type { LoadedProfile } from './profile-input.js';

/** The launcher's exec is refused by the profile before anything of it is seen in the kernel. */
export const firstExecRefused = (
  { loaded, mode }: { readonly loaded: LoadedProfile; readonly mode: JudgingMode },
  subject: Subject,
  command: string,
): readonly ViolationRecord[] => {
  const operation = { kind: 'Exec', object: { path: command } } as const;
  const verdict = judge(loaded.rules, operation);
  if (verdict.kind !== 'Deny') return [];
  const violation: ViolationRecord = {
    kind: 'violation',
    time: instantOf(Date.now()),
    node: hostname(),
    cpu: 0,
    sequence: 0,
    severity: loaded.profile.spec.severity,
    mode,
    outcome: 'Denied',
    class: verdict.class,
    operation,
    source: 'argument',
    reason: verdict.rule === undefined ? 'NotAllowed' : 'DeniedByRule',
    errno: 'EACCES',
    subject,
    ...(verdict.rule === undefined ? {} : { rule: verdict.rule }),
    process: { pid: process.pid, tid: process.pid, uid: 0, exe: '', comm: 'pinfold-launch' },
  };
  return [violation];
};
