/** Whether BPF LSM programs take effect on this kernel, and if not, why. */
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { PinfoldError } from '../errors.js';
import { loadAddon } from './addon.js';
import { BTF_PATH, hasBtf } from './kernel.js';

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

/** Undefined: they take effect; else why not: LsmListUnknown, NotInLsmList, LsmHookMissing, … Pure. */
export const lsmShortfall = ({ btf, list, refusal }: LsmFacts): PinfoldError | undefined => {
  if (!btf) return new PinfoldError('BtfMissing', { path: BTF_PATH });
  if (list === undefined) return new PinfoldError('LsmListUnknown', { path: LSM_LIST_PATH });
  const names = list.trim().split(',');
  if (!names.includes('bpf'))
    return new PinfoldError('NotInLsmList', {
      modules: names.join(', '),
      wanted: [...names.filter((name) => name !== 'capability'), 'bpf'].join(','),
    });
  const errno = refusal();
  if (errno === 0) return undefined;
  if (errno === constants.errno.ENOENT || errno === constants.errno.ESRCH)
    return new PinfoldError('LsmHookMissing');
  return new PinfoldError('LsmRefused', { errno: errnoName(errno) });
};

export const LSM_LIST_PATH = '/sys/kernel/security/lsm';

let known: { readonly shortfall: PinfoldError | undefined } | undefined;

/** Looks once. @throws PinfoldError AddonMissing */
export const lsmAbility = (): PinfoldError | undefined => {
  known ??= {
    shortfall: lsmShortfall({
      btf: hasBtf(),
      list: existsSync(LSM_LIST_PATH) ? readFileSync(LSM_LIST_PATH, 'utf8') : undefined,
      refusal: () => loadAddon().probeLsm('file_open'),
    }),
  };
  return known.shortfall;
};
