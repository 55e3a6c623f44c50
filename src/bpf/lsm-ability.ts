/** Whether BPF LSM programs take effect on this kernel, and if not, why. */
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { loadAddon } from './addon.js';
import { BTF_PATH } from './kernel.js';

export type LsmShortfallCode =
  'NoBtf' | 'SecurityFsMissing' | 'NotInLsmList' | 'HookMissing' | 'LoadRefused' | 'EngineRefused';

export interface LsmShortfall {
  readonly code: LsmShortfallCode;
  /** For a condition: what is missing and what would give it. */
  readonly message: string;
}

/** What the decision needs to know of a machine. */
export interface LsmFacts {
  readonly btf: boolean;
  /** Text of /sys/kernel/security/lsm; undefined where securityfs is not mounted. */
  readonly list: string | undefined;
  /** 0, or the errno with which an empty LSM program is refused. */
  readonly refusal: () => number;
}

const errnoName = (errno: number): string =>
  Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? String(errno);

/** Undefined: they take effect. Pure. */
export const lsmShortfall = ({ btf, list, refusal }: LsmFacts): LsmShortfall | undefined => {
  if (!btf)
    return { code: 'NoBtf', message: `the kernel publishes no types (${BTF_PATH} is missing)` };
  if (list === undefined)
    return {
      code: 'SecurityFsMissing',
      message: `${LSM_LIST_PATH} cannot be read: mount -t securityfs securityfs /sys/kernel/security`,
    };
  const names = list.trim().split(',');
  if (!names.includes('bpf'))
    return {
      code: 'NotInLsmList',
      message: `bpf is not among the kernel's security modules (${names.join(', ')}): boot with lsm=${[...names.filter((name) => name !== 'capability'), 'bpf'].join(',')}`,
    };
  const errno = refusal();
  if (errno === 0) return undefined;
  if (errno === constants.errno.ENOENT || errno === constants.errno.ESRCH)
    return {
      code: 'HookMissing',
      message: 'the kernel has no hooks for BPF LSM programs (CONFIG_BPF_LSM)',
    };
  return {
    code: 'LoadRefused',
    message: `the kernel refuses to load an LSM program (${errnoName(errno)})${errno === constants.errno.EPERM ? ': root is needed, and no lockdown' : ''}`,
  };
};

export const LSM_LIST_PATH = '/sys/kernel/security/lsm';

let known: { readonly shortfall: LsmShortfall | undefined } | undefined;

/** Looks once. @throws PinfoldError AddonMissing */
export const lsmAbility = (): LsmShortfall | undefined => {
  known ??= {
    shortfall: lsmShortfall({
      btf: existsSync(BTF_PATH),
      list: existsSync(LSM_LIST_PATH) ? readFileSync(LSM_LIST_PATH, 'utf8') : undefined,
      refusal: () => loadAddon().probeLsm('file_open'),
    }),
  };
  return known.shortfall;
};
