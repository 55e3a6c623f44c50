/** Programs of the engine, by what they are for. */

/** Who belongs to which slot. */
export const IDENTITY = [
  'pf_cgroup_mkdir',
  'pf_cgroup_rmdir',
  'pf_cgroup_attach',
  'pf_task_newtask',
  'pf_process_exec',
] as const;

/** Verdicts on exec and files, and who they are about. */
export const LSM = ['pf_task_alloc', 'pf_bprm_committed', 'pf_bprm_check', 'pf_file_open'] as const;

/** Programs that tax others, by what needs them. */
export const NEEDS = {
  syscalls: ['pf_sys_enter'],
  calls: ['pf_sys_exit'],
  capabilities: ['pf_capable'],
  sockets: ['pf_listen'],
  rings: ['pf_io_uring'],
  kills: ['pf_killed'],
  verdicts: LSM,
} as const;
export type Need = keyof typeof NEEDS;

export const CGROUP_PROGRAMS = [
  'pf_connect4',
  'pf_connect6',
  'pf_sendmsg4',
  'pf_sendmsg6',
  'pf_bind4',
  'pf_bind6',
] as const;

/** Every program that this process may attach, for listings and proofs. */
export const PROGRAMS: readonly string[] = [
  ...IDENTITY,
  ...Object.values(NEEDS).flat(),
  ...CGROUP_PROGRAMS,
];
