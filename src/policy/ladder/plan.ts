/** What a machine without BPF LSM enforces of a profile, and what it cannot: pure, decided once per launch. */
import type { EffectiveRules } from '../rules.js';
import { syscallNumber } from '../syscalls.js';
import { ARCHITECTURES, type Forbiddable } from '../operation.js';
import { capabilityFindings, keptCapabilities } from './capability-plan.js';
import { changedThenRun } from './compare-paths.js';
import { ERRNO } from './errno.js';
import { landlockOf, planFiles } from './file-plan.js';
import { planFilter, reachOf, type Reach } from './filter.js';
import { forbidGaps } from './forbid.js';
import { gapsOf, type Finding } from './gaps.js';
import { hintedKinds } from './hints.js';
import { planNetwork, sctpStep } from './network-plan.js';
import { byLandlock } from './path-model.js';
import { planPorts } from './ports.js';
import { isRestricted } from './restricted.js';
import {
  ATTRIBUTE_CALLS,
  LISTEN_CALLS,
  NAMESPACE_CALLS,
  REFUSALS,
  SCTP_SOCKETS,
  type Refusal,
} from './syscall-families.js';
import type { KindOf, LadderAbilities, LadderPlan } from './types.js';

const namespaceWithin = (rules: EffectiveRules, seccomp: boolean, reach: Reach): boolean =>
  reach.any(NAMESPACE_CALLS) &&
  !(seccomp && rules.forbid.some(({ name }) => name === 'UserNamespaces'));

const syscallFindings = (rules: EffectiveRules, seccomp: boolean): readonly Finding[] => {
  const { syscalls } = rules;
  if (!isRestricted(syscalls)) return [];
  if (!seccomp) return [{ class: 'syscalls', code: 'SeccompMissing' }];
  return [...(syscalls.allow ?? []), ...syscalls.deny]
    .filter(({ name }) =>
      ARCHITECTURES.every((architecture) => syscallNumber(architecture, name) === undefined),
    )
    .map(({ ref }) => ({ class: 'syscalls', code: 'SyscallUnknown', rules: [ref.text] }));
};

const withRoot =
  (kindOf: KindOf): KindOf =>
  (path) =>
    path === '/' ? 'Directory' : kindOf(path);

/**
 * Plans one profile. Several profiles on one workload are planned each for itself: Landlock rule
 * sets, filters and capability sets that are applied one after the other intersect.
 *
 * `kindOf` says what a path is at launch; without it each path is taken for what its rule suggests,
 * which is good for `status` and `lint` and not for a launch.
 */
export const planLadder = (
  rules: EffectiveRules,
  abilities: LadderAbilities,
  kindOf: KindOf = hintedKinds(rules),
): LadderPlan => {
  const { seccomp, landlockAbi: abi } = abilities;
  const kind = withRoot(kindOf);
  const reach = reachOf(rules, abilities);
  const keep = keptCapabilities(rules, abilities.capabilities);
  const namespaces = namespaceWithin(rules, seccomp, reach);
  const hasAdmin = (keep ?? abilities.capabilities).includes('SYS_ADMIN') || namespaces;
  const mounts = REFUSALS.Mount.map(({ syscall }) => syscall);
  const canMount =
    hasAdmin && reach.any(mounts) && !rules.forbid.some(({ name }) => name === 'Mount');

  const files = planFiles(rules, abilities, kind, reach, canMount);
  const network = abilities.cgroupBpf
    ? planNetwork(rules, seccomp, reach, reach.any(LISTEN_CALLS))
    : undefined;
  const ports = abilities.cgroupBpf
    ? { handledNet: 0, ports: [], findings: [] }
    : planPorts(rules, abi);
  const refusals: readonly Refusal[] = seccomp
    ? [
        ...rules.forbid.flatMap(({ name }) => REFUSALS[name]),
        ...(files.attributesRefused
          ? ATTRIBUTE_CALLS.map((syscall): Refusal => ({
              syscall,
              action: { kind: 'Errno', errno: ERRNO.EACCES },
            }))
          : []),
        ...(sctpStep(rules, seccomp) === 'RefuseSockets' ? SCTP_SOCKETS : []),
      ]
    : [];
  const filter = seccomp ? planFilter(rules, abilities, refusals) : undefined;
  const procMem = byLandlock(files.handled, files.trie.lookup('/proc/1/mem'));
  const run = (
    behaviour: Forbiddable,
    changes: Parameters<typeof changedThenRun>[3],
    runs: Parameters<typeof changedThenRun>[4],
  ): string | undefined =>
    rules.forbid.some(({ name }) => name === behaviour)
      ? changedThenRun(files.trie, files.handled, kind, changes, runs)
      : undefined;
  const listedAlone = reachOf({ ...rules, forbid: [] }, abilities);
  const findings: readonly Finding[] = [
    ...files.findings,
    ...(network?.findings ?? []),
    ...ports.findings,
    ...capabilityFindings(rules, keep, namespaces),
    ...syscallFindings(rules, seccomp),
    ...forbidGaps(rules, seccomp, reach, (syscall) => listedAlone.any([syscall]), {
      procMem: procMem.readFile || procMem.write,
      writtenThenRun: run('WrittenExec', ['write', 'create'], 'Mapped'),
      deletedThenRun: run('FilelessExec', ['create', 'delete'], 'Run'),
    }),
  ];
  const landlock = landlockOf(files, abi, kind, ports);
  return {
    profile: rules.profile,
    ...(landlock === undefined ? {} : { landlock }),
    ...(filter === undefined ? {} : { seccomp: filter }),
    ...(keep === undefined ? {} : { capabilities: { keep } }),
    ...(network === undefined ? {} : { network: network.plan }),
    refs: network?.refs ?? [undefined],
    gaps: gapsOf(findings),
    missing: files.grants.missing,
    denialsObserved: abilities.observesDenials,
  };
};
