/** What of the forbid list seccomp cannot say. */
import type { Forbiddable } from '../operation.js';
import type { EffectiveRules } from '../rules.js';
import type { Reach } from './filter.js';
import type { Finding, GapCode } from './gaps.js';
import { IO_URING_CALLS } from './syscall-families.js';

/** What the file rules leave open, as the rest of the planner found it. */
export interface FileHoles {
  /** `/proc/PID/mem` of another process can be opened. */
  readonly procMem: boolean;
  /** A path that can be written and then run or mapped executable. */
  readonly writtenThenRun: string | undefined;
  /** A path that can be removed or replaced and can be run. */
  readonly deletedThenRun: string | undefined;
}

/** Behaviours that each hole belongs to, and what makes it one. */
const holesOf = (
  behaviour: Forbiddable,
  reach: Reach,
  files: FileHoles,
): readonly { readonly code: GapCode; readonly by?: string }[] => {
  switch (behaviour) {
    case 'Ptrace':
      return files.procMem ? [{ code: 'ProcMemOpen', by: '/proc/PID/mem' }] : [];
    case 'RawSockets':
      return [
        ...(reach.on('x86', 'socketcall')
          ? [{ code: 'ArgumentsInMemory', by: 'socketcall' } as const]
          : []),
        ...(reach.any(IO_URING_CALLS) ? [{ code: 'IoUringBypass', by: 'io_uring' } as const] : []),
      ];
    case 'AnonymousExec':
      return [
        ...(reach.on('x86', 'mmap') ? [{ code: 'ArgumentsInMemory', by: 'mmap' } as const] : []),
        ...(reach.any(['mprotect', 'pkey_mprotect']) ? [{ code: 'ProtectRefused' } as const] : []),
      ];
    case 'FilelessExec':
      return files.deletedThenRun === undefined
        ? []
        : [{ code: 'DeletedExecOpen', by: files.deletedThenRun }];
    case 'WrittenExec':
      return files.writtenThenRun === undefined
        ? []
        : [{ code: 'WrittenExecNotTold', by: files.writtenThenRun }];
    case 'Mount':
    case 'Bpf':
    case 'UserNamespaces':
    case 'KernelModules':
    case 'IoUring':
      return [];
  }
};

/** `listed`: whether the profile's own system calls allow a call that the forbid list then refuses. */
export const forbidGaps = (
  rules: EffectiveRules,
  seccomp: boolean,
  reach: Reach,
  listed: (syscall: string) => boolean,
  files: FileHoles,
): readonly Finding[] =>
  rules.forbid.flatMap(({ name, ref }): readonly Finding[] => {
    const finding = (code: GapCode, by?: string): Finding => ({
      class: 'forbid',
      code,
      rules: [ref.text],
      ...(by === undefined
        ? {}
        : { example: { operation: { kind: 'Forbidden', behaviour: name }, by } }),
    });
    if (!seccomp && name !== 'WrittenExec') return [finding('SeccompMissing')];
    const holes = holesOf(name, reach, files).map(({ code, by }) => finding(code, by));
    return name === 'FilelessExec' && listed('memfd_create')
      ? [...holes, finding('MemfdRefused')]
      : holes;
  });
