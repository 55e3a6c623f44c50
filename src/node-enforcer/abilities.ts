/** What this machine can do, found out once: kernel, BTF, cgroups, Landlock, seccomp, capabilities. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, release } from 'node:os';
import { BTF_PATH, hasBtf, missingTracepoints } from '../bpf/kernel.js';
import { PinfoldError, reasonOf } from '../errors.js';
import { capabilitiesIn } from '../policy/capabilities.js';
import type { Capability } from '../policy/capabilities.js';
import type { LadderAbilities } from '../policy/ladder/types.js';
import { ARCHITECTURES } from '../policy/operation.js';
import type { Architecture, RuleClass } from '../policy/operation.js';
import { cgroupRoot } from './cgroups.js';
import { launcherPath } from './launcher.js';

/** What the launcher found out: names as it prints them. */
export type Probe = ReadonlyMap<string, string>;

export interface ClassAbility {
  readonly class: RuleClass;
  readonly step: 'Lsm' | 'Ladder' | 'None';
  readonly mechanism: string;
  readonly detail: string;
}

export interface MachineAbilities {
  readonly kernel: string;
  readonly architecture: string;
  readonly root: boolean;
  readonly btf: boolean;
  /** Mount point, or why there is none. */
  readonly cgroup2: { readonly mountPoint: string } | { readonly problem: string };
  /** Absent where they cannot be known (`securityModules` below). */
  readonly securityModules?: readonly string[];
  readonly bpfLsm: boolean;
  readonly ladder: LadderAbilities;
  /** Recording programs that this kernel cannot attach. */
  readonly missingPrograms: readonly string[];
  readonly classes: readonly ClassAbility[];
}

export const parseProbe = (text: string): Probe =>
  new Map(
    text
      .split('\n')
      .filter((line) => line.includes('\t'))
      .map((line) => {
        const [name = '', value = ''] = line.split('\t', 2);
        return [name, value] as const;
      }),
  );

const probe = (): Probe => {
  try {
    return parseProbe(execFileSync(launcherPath(), ['--probe'], { encoding: 'utf8' }));
  } catch (cause) {
    if (cause instanceof PinfoldError) throw cause;
    throw new PinfoldError('LaunchFailed', { step: 'probe', problem: reasonOf(cause) }, { cause });
  }
};

const isArchitecture = (text: string): text is Architecture =>
  ARCHITECTURES.some((architecture) => architecture === text);

/** What the ladder's planner needs, from the launcher's probe. */
export const ladderAbilities = (found: Probe, tracing: boolean): LadderAbilities => ({
  landlockAbi: Number(found.get('landlock_abi') ?? '0'),
  seccomp: found.get('seccomp') === 'yes',
  cgroupBpf: tracing,
  architectures: (found.get('kernel_abis') ?? '').split(' ').filter(isArchitecture),
  capabilities: capabilitiesIn(BigInt(`0x${found.get('caps_permitted') ?? '0'}`)),
  observesDenials: tracing,
});

const LSM_LIST = '/sys/kernel/security/lsm';

/**
 * The kernel's security modules, in order. Undefined: not to be known, for securityfs is not mounted
 * and the kernel is older than the call that needs no mount.
 */
export const securityModules = (found: Probe, list = LSM_LIST): readonly string[] | undefined =>
  existsSync(list)
    ? readFileSync(list, 'latin1').trim().split(',')
    : found.get('security_modules')?.split(' ');

const hierarchy = (): MachineAbilities['cgroup2'] => {
  try {
    return { mountPoint: cgroupRoot() };
  } catch (error) {
    return { problem: reasonOf(error) };
  }
};

/** The step of the ladder that each class stands on. This version has no LSM programs yet. */
const classesOf = (ladder: LadderAbilities): readonly ClassAbility[] => {
  const landlock = ladder.landlockAbi > 0;
  const path = (name: 'exec' | 'files', detail: string): ClassAbility =>
    landlock
      ? {
          class: name,
          step: 'Ladder',
          mechanism: `landlock (ABI ${String(ladder.landlockAbi)})`,
          detail,
        }
      : { class: name, step: 'None', mechanism: '', detail: 'no Landlock: only observed' };
  const network = (name: 'egress' | 'ingress', detail: string): ClassAbility =>
    ladder.cgroupBpf
      ? { class: name, step: 'Ladder', mechanism: 'cgroup-bpf', detail }
      : { class: name, step: 'None', mechanism: '', detail: 'no cgroup-bpf: not enforced' };
  const filter = (name: 'syscalls' | 'forbid', detail: string): ClassAbility =>
    ladder.seccomp
      ? { class: name, step: 'Ladder', mechanism: 'seccomp', detail }
      : { class: name, step: 'None', mechanism: '', detail: 'no seccomp: only observed' };
  return [
    path('exec', 'at start only; the loader can be run directly; no deny inside an allowed tree'),
    path('files', 'at start only; whole trees; no wildcards, mapping or unix-socket control'),
    network('egress', 'TCP and UDP over IPv4 and IPv6; no raw, packet, vsock or SCTP sockets'),
    network('ingress', 'addresses that are bound; not who connects'),
    {
      class: 'capabilities',
      step: 'Ladder',
      mechanism: 'capability sets',
      detail: 'at start only',
    },
    filter('syscalls', 'at start only; intersected with what is inherited'),
    filter('forbid', 'what a system call number and plain arguments can tell'),
  ];
};

let known: MachineAbilities | undefined;

/** @throws PinfoldError AddonMissing, LaunchFailed when the launcher cannot be run */
export const machineAbilities = (): MachineAbilities => {
  if (known !== undefined) return known;
  const root = process.geteuid?.() === 0;
  const btf = hasBtf();
  const cgroup2 = hierarchy();
  const found = probe();
  const ladder = ladderAbilities(found, root && btf && 'mountPoint' in cgroup2);
  const modules = securityModules(found);
  known = {
    kernel: release(),
    architecture: arch(),
    root,
    btf,
    cgroup2,
    ...(modules === undefined ? {} : { securityModules: modules }),
    bpfLsm: modules?.includes('bpf') === true,
    ladder,
    missingPrograms: btf ? missingTracepoints() : [],
    classes: classesOf(ladder),
  };
  return known;
};

/**
 * Of what BPF needs, that which a set of capabilities lacks: SYS_ADMIN stands for all, and is needed besides the
 * others to take over what an earlier process left (capabilities(7), bpf(2)). Pure.
 */
export const missingCapabilities = (effective: bigint): readonly Capability[] => {
  const held = capabilitiesIn(effective);
  const needed = ['SYS_ADMIN', 'BPF', 'PERFMON', 'NET_ADMIN'] as const;
  return held.includes('SYS_ADMIN') ? [] : needed.filter((name) => !held.includes(name));
};

const effectiveCapabilities = (): bigint => {
  const [, digits = '0'] =
    /^CapEff:\t([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
  return BigInt(`0x${digits}`);
};

/**
 * What recording and enforcing need at all.
 * @throws PinfoldError NotRoot, CapabilityMissing, BtfMissing, CgroupV2Missing
 */
export const requireTracing = (): void => {
  if (process.geteuid?.() !== 0) throw new PinfoldError('NotRoot');
  const missing = missingCapabilities(effectiveCapabilities());
  if (missing.length > 0)
    throw new PinfoldError('CapabilityMissing', {
      capabilities: missing.map((name) => `CAP_${name}`).join(', '),
    });
  if (!hasBtf()) throw new PinfoldError('BtfMissing', { path: BTF_PATH });
  cgroupRoot();
};
