/** What a person should look at before a recorded profile is enforced. */
import type { RuleClass } from '../policy/operation.js';
import type { LearnedPath, LearnedRules } from './generalise.js';
import { isTemporary } from './names.js';
import { isPublic } from './public-address.js';
import { covering, emptyTree, put, segmentsOf } from './tree.js';

export type ReviewReason = keyof typeof WHY;

export interface Review {
  readonly class: RuleClass;
  /** The path, name or first address of the rule meant; `/etc` for ManyConfigurationFiles. */
  readonly item: string;
  readonly reason: ReviewReason;
  /** One short phrase for a comment. */
  readonly why: string;
}

const WHY = {
  Shell: 'a shell runs whatever it is told',
  SetuidProgram: 'gives its caller more rights',
  RelayTool: 'relays data for whoever can start it',
  WritableProgram: 'executable and writable',
  SystemWrite: 'changes the system itself',
  SensitiveFile: 'holds or gives access to secrets',
  ManyConfigurationFiles: 'reads a great part of /etc',
  BestGuess: 'changed under our eyes: the path is a guess',
  Widened: 'wider than what was seen',
  PowerfulCapability: 'close to full control of the machine',
  PowerfulSyscall: 'reaches deep into the kernel or other processes',
  PublicAddress: 'leaves the private network',
  ManyAddresses: 'many peers: a range or a name may be meant',
  EphemeralPorts: 'a whole range of ports',
} as const;

const SHELLS = /^(?:[bdkz]?a?sh|csh|tcsh|fish|busybox|mksh|rbash)$/;
const SETUID =
  /^(?:su|sudo|doas|pkexec|mount|umount|passwd|chsh|chfn|newgrp|gpasswd|newuidmap|newgidmap|fusermount3?)$/;
const RELAYS = /^(?:nc|ncat|netcat|nc\.\w+|socat|telnet)$/;
const SYSTEM = /^\/(?:etc|usr|s?bin|lib[^/]*|boot)(?:\/|$)/;
const ETC_MANY = 50;
const ADDRESSES_MANY = 16;

/** Secrets and the sockets of programs that act as root, one example each; patterns are tried on them. */
const SENSITIVE = [
  '/etc/shadow',
  '/etc/gshadow',
  '/etc/sudoers',
  '/etc/ssh/ssh_host_ed25519_key',
  '/root/.ssh/id_ed25519',
  '/home/user/.ssh/id_ed25519',
  '/root/.aws/credentials',
  '/root/.kube/config',
  '/root/.gnupg/private-keys-v1.d',
  '/run/docker.sock',
  '/var/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/run/secrets/kubernetes.io/serviceaccount/token',
  '/var/run/secrets/kubernetes.io/serviceaccount/token',
  '/proc/kcore',
  '/proc/sysrq-trigger',
  '/dev/mem',
  '/dev/kmsg',
].map(segmentsOf);
const SENSITIVE_NAME =
  /\/\.(?:ssh|gnupg|aws|kube)(?:\/|$)|\/(?:docker|containerd|crio)\.sock$|^\/etc\/(?:g?shadow-?|sudoers(?:\.d)?)(?:\/|$)|ssh_host_\w+_key$|^\/(?:var\/)?run\/secrets(?:\/|$)|^\/dev\/k?mem$/;

const CAPABILITIES = new Set([
  'SYS_ADMIN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'SYS_PTRACE',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_BOOT',
  'NET_ADMIN',
  'NET_RAW',
  'BPF',
  'PERFMON',
  'SETFCAP',
  'MAC_ADMIN',
  'MAC_OVERRIDE',
  'MKNOD',
]);

const SYSCALLS = new Set([
  'ptrace',
  'process_vm_writev',
  'bpf',
  'perf_event_open',
  'init_module',
  'finit_module',
  'delete_module',
  'kexec_load',
  'kexec_file_load',
  'mount',
  'move_mount',
  'pivot_root',
  'setns',
  'unshare',
  'userfaultfd',
  'io_uring_setup',
  'open_by_handle_at',
]);

const CHANGING = new Set(['Write', 'Create', 'Delete', 'Attributes']);

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const isSensitive = (path: string): boolean => {
  if (SENSITIVE_NAME.test(path) || SENSITIVE.some((known) => `/${known.join('/')}` === path))
    return true;
  if (!path.includes('*')) return false;
  const pattern = emptyTree<true>();
  put(pattern, segmentsOf(path), true, () => undefined);
  return SENSITIVE.some((known) => covering(pattern, known, () => true) === true);
};

const ofExec = (rule: LearnedPath, writable: ReadonlySet<string>): readonly ReviewReason[] => {
  const name = nameOf(rule.path);
  const reasons: ReviewReason[] = [];
  if (SHELLS.test(name)) reasons.push('Shell');
  if (SETUID.test(name)) reasons.push('SetuidProgram');
  if (RELAYS.test(name)) reasons.push('RelayTool');
  if (writable.has(rule.path) || isTemporary(segmentsOf(rule.path).slice(0, -1)))
    reasons.push('WritableProgram');
  return reasons;
};

const isChanging = (rule: LearnedPath): boolean =>
  rule.access.some((access) => CHANGING.has(access));

const ofFile = (rule: LearnedPath): readonly ReviewReason[] => {
  const reasons: ReviewReason[] = [];
  if (isSensitive(rule.path)) reasons.push('SensitiveFile');
  if (isChanging(rule) && SYSTEM.test(rule.path)) reasons.push('SystemWrite');
  const writes = rule.access.includes('Write') || rule.access.includes('Create');
  if (writes && rule.access.includes('MapExecutable')) reasons.push('WritableProgram');
  return reasons;
};

const ofAnyPath = (rule: LearnedPath): readonly ReviewReason[] => {
  const reasons: ReviewReason[] = [];
  if (rule.raced) reasons.push('BestGuess');
  if (rule.generalisations.some((why) => why === 'Budget' || why === 'Inexpressible'))
    reasons.push('Widened');
  return reasons;
};

/** Everything in the rules that deserves a look, in the order of the profile. */
export const reviewsOf = (rules: LearnedRules): readonly Review[] => {
  const reviews: Review[] = [];
  const add = (ruleClass: RuleClass, item: string, reasons: readonly ReviewReason[]): void => {
    for (const reason of reasons)
      reviews.push({ class: ruleClass, item, reason, why: WHY[reason] });
  };
  const writable = new Set(rules.files.filter(isChanging).map((rule) => rule.path));
  for (const rule of rules.exec)
    add('exec', rule.path, [...ofExec(rule, writable), ...ofAnyPath(rule)]);
  for (const rule of rules.files) add('files', rule.path, [...ofFile(rule), ...ofAnyPath(rule)]);
  const inEtc = rules.files.filter((rule) => rule.path.startsWith('/etc/'));
  const names = inEtc.reduce((sum, rule) => sum + rule.originals, 0);
  if (names > ETC_MANY) add('files', '/etc', ['ManyConfigurationFiles']);
  for (const { cidrs, widened } of rules.egress) {
    const reasons: ReviewReason[] = [];
    if (cidrs.some((cidr) => isPublic(cidr.replace(/\/\d+$/, '')))) reasons.push('PublicAddress');
    if (cidrs.length >= ADDRESSES_MANY) reasons.push('ManyAddresses');
    if (widened !== undefined) reasons.push(widened === 'Budget' ? 'Widened' : 'EphemeralPorts');
    add('egress', cidrs[0] ?? '', reasons);
  }
  for (const { name } of rules.capabilities)
    if (CAPABILITIES.has(name)) add('capabilities', name, ['PowerfulCapability']);
  for (const { name } of rules.syscalls)
    if (SYSCALLS.has(name)) add('syscalls', name, ['PowerfulSyscall']);
  return reviews;
};
