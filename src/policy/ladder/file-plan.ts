/** The Landlock step: what is handled, what is granted, and where that differs from the profile. */
import type { RuleClass } from '../operation.js';
import type { EffectiveRules } from '../rules.js';
import { changedThenRun, comparePaths, refusesMoves } from './compare-paths.js';
import type { Reach } from './filter.js';
import type { Finding } from './gaps.js';
import type { Grants } from './grant.js';
import { planGrants } from './grants.js';
import { FILE_RIGHTS, FIRST_ABI, FS, knownRights, MAKE, REMOVE } from './landlock-bits.js';
import { addGrants, trieOfRules, type Handled } from './path-model.js';
import type { PathTrie } from './path-trie.js';
import { isRestricted } from './restricted.js';
import {
  ATTRIBUTE_CALLS,
  IO_URING_CALLS,
  LINK_CALLS,
  MAP_CALLS,
  MOVE_CALLS,
  TRUNCATE_CALLS,
  UNIX_CONNECT_CALLS,
} from './syscall-families.js';
import type { KindOf, LadderAbilities, LandlockPlan } from './types.js';

const FILES =
  FS.readFile | FS.readDir | FS.writeFile | FS.truncate | FS.resolveUnix | MAKE | REMOVE;

const handledFs = (handled: Handled, abi: number): number =>
  knownRights(
    (handled.files ? FILES : 0) |
      (handled.exec ? FS.execute : 0) |
      (handled.files || handled.exec ? FS.refer : 0),
    abi,
  );

/** Attributes can be refused altogether where no rule grants them to anything. */
const refusesAttributes = (rules: EffectiveRules, seccomp: boolean): boolean =>
  seccomp &&
  rules.files.allow?.every(({ access }) => access?.includes('Attributes') === false) === true;

export interface FileStep {
  readonly handled: Handled;
  readonly grants: Grants;
  readonly trie: PathTrie;
  readonly findings: readonly Finding[];
  readonly attributesRefused: boolean;
}

/** `canMount`: whether a member could mount if Landlock let it. */
export const planFiles = (
  rules: EffectiveRules,
  abilities: LadderAbilities,
  kindOf: KindOf,
  reach: Reach,
  canMount: boolean,
): FileStep => {
  const { landlockAbi: abi } = abilities;
  const files = abi >= 1 && rules.files.allow !== undefined;
  const exec = abi >= 1 && rules.exec.allow !== undefined;
  const handled: Handled = { files, exec, unix: files && abi >= FIRST_ABI.resolveUnix };
  const trie = trieOfRules(rules);
  const grants = planGrants(rules, trie, handled, kindOf, abilities.loaders);
  addGrants(trie, grants.byPath.values(), kindOf);
  const attributesRefused = refusesAttributes(rules, abilities.seccomp);
  const limited: RuleClass = isRestricted(rules.files) ? 'files' : 'exec';
  const findings: Finding[] = [];
  if (isRestricted(rules.files) || isRestricted(rules.exec))
    findings.push(
      ...comparePaths(
        { rules, handled, grants, landlockMissing: abi < 1 },
        trie,
        {
          mapExecutable: reach.any(MAP_CALLS),
          attributes: reach.any([...ATTRIBUTE_CALLS, ...IO_URING_CALLS]) && !attributesRefused,
          unixConnect: reach.any(UNIX_CONNECT_CALLS),
          link: reach.any(LINK_CALLS),
        },
        kindOf,
      ),
    );
  if (rules.exec.allow !== undefined) {
    if (reach.any(['memfd_create']))
      findings.push({
        class: 'exec',
        code: 'FilelessExecOpen',
        example: {
          operation: { kind: 'Exec', object: { path: '/memfd:x', fileless: true } },
          by: 'memfd_create',
        },
      });
    const path = changedThenRun(trie, handled, kindOf, ['create', 'delete'], 'Run');
    if (path !== undefined)
      findings.push({
        class: 'exec',
        code: 'DeletedExecOpen',
        example: { operation: { kind: 'Exec', object: { path, deleted: true } } },
      });
  }
  if (attributesRefused && reach.any(IO_URING_CALLS))
    findings.push({ class: 'files', code: 'IoUringBypass' });
  if (files && abi < FIRST_ABI.truncate && reach.any(TRUNCATE_CALLS))
    findings.push({ class: 'files', code: 'TruncateNotEnforced' });
  if ((files || exec) && reach.any(MOVE_CALLS) && refusesMoves(grants, handled, abi, kindOf))
    findings.push({ class: limited, code: 'MoveBetweenDirectories' });
  if ((files || exec) && canMount)
    findings.push({
      class: limited,
      code: 'MountRefused',
      example: { operation: { kind: 'Forbidden', behaviour: 'Mount' } },
    });
  return { handled, grants, trie, findings, attributesRefused };
};

/** Undefined where there is nothing for Landlock to do. */
export const landlockOf = (
  { handled, grants }: FileStep,
  abi: number,
  kindOf: KindOf,
  net: Pick<LandlockPlan, 'handledNet' | 'ports'>,
): LandlockPlan | undefined => {
  const fs = handledFs(handled, abi);
  if (fs === 0 && net.handledNet === 0) return undefined;
  const rules = [...grants.byPath.values()]
    .map(({ path, rights }) => ({
      path,
      rights: rights & fs & (kindOf(path) === 'Directory' ? ~0 : FILE_RIGHTS),
    }))
    .filter(({ rights }) => rights !== 0)
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    handledFs: fs,
    handledNet: net.handledNet,
    scoped: 0,
    rules,
    ports: net.ports,
  };
};
