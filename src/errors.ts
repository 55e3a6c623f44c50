/**
 * Every way Pinfold can refuse or fail: one table, the same codes in messages, conditions, records
 * and docs/errors.md (a test keeps both identical). A retired code is never reused.
 */

/** Process exit status by kind of failure; docs/errors.md lists them. `run` maps its own failures to 125. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  invalid: 3,
  degraded: 4,
  unsupported: 5,
  io: 6,
  notFound: 7,
  runOwnFailure: 125,
  cannotExecute: 126,
  commandNotFound: 127,
} as const;

export type ErrorClass =
  | 'Internal'
  | 'Usage'
  | 'Invalid'
  | 'Degraded'
  | 'Unsupported'
  | 'Io'
  | 'NotFound'
  | 'CannotExecute'
  | 'CommandNotFound';

const exitOf: Readonly<Record<ErrorClass, number>> = {
  Internal: EXIT.internal,
  Usage: EXIT.usage,
  Invalid: EXIT.invalid,
  Degraded: EXIT.degraded,
  Unsupported: EXIT.unsupported,
  Io: EXIT.io,
  NotFound: EXIT.notFound,
  CannotExecute: EXIT.cannotExecute,
  CommandNotFound: EXIT.commandNotFound,
};

interface ErrorEntry {
  readonly class: ErrorClass;
  /** What happened; `{name}` is replaced from the fields given at the throw. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

const entry = (errorClass: ErrorClass, message: string, remedy: string): ErrorEntry => ({
  class: errorClass,
  message,
  remedy,
});

export const ERRORS = {
  // --- usage -------------------------------------------------------------------------------
  UsageError: entry('Usage', '{problem}', 'See `pinfold --help`.'),
  // --- input: files and objects ------------------------------------------------------------
  YamlMalformed: entry(
    'Invalid',
    '{file}:{line}:{column}: not valid YAML: {problem}',
    'Correct the file at that place.',
  ),
  FileTooLarge: entry(
    'Invalid',
    '{file} has more than the {limit} bytes that are read',
    'Split the file or remove rules.',
  ),
  FileNotUtf8: entry(
    'Invalid',
    '{file} is not valid UTF-8 at byte {offset}',
    'Save the file as UTF-8.',
  ),
  FileUnreadable: entry('NotFound', '{file} cannot be read: {problem}', 'Check path and rights.'),
  ObjectInvalid: entry(
    'Invalid',
    '{file}: {count} problem(s):\n{problems}',
    'Correct each place named.',
  ),
  KindUnknown: entry(
    'Invalid',
    '{file}: kind {found} is not known here; expected {expected}',
    'Set apiVersion to pinfold.dev/v1alpha1 and kind to one of those.',
  ),
  DocumentEmpty: entry(
    'Invalid',
    '{file} holds no object',
    'Give a file with at least one object.',
  ),
  // --- policy ------------------------------------------------------------------------------
  PathInvalid: entry('Invalid', 'path {path} {problem}', '{hint}'),
  CidrInvalid: entry(
    'Invalid',
    '{cidr} is not an IPv4 or IPv6 range in CIDR notation',
    'Write it as 10.0.0.0/8 or 2001:db8::/32.',
  ),
  ExtendsMissing: entry(
    'Invalid',
    'profile {profile} extends {reference}, which does not exist',
    'Create that profile or remove it from spec.extends.',
  ),
  ExtendsCycle: entry(
    'Invalid',
    'profiles extend each other in a circle: {cycle}',
    'Remove one of these entries from spec.extends.',
  ),
  ExtendsTooDeep: entry(
    'Invalid',
    'profile {profile} is reached through more than {limit} levels of extends: {chain}',
    'Extend the profiles that are needed directly.',
  ),
  RevisionMissing: entry(
    'Invalid',
    'profile {profile} is based on revision {revision}, which does not exist',
    'Set spec.baseRevision to an existing ProfileRevision or remove it.',
  ),
  TooManyRules: entry(
    'Invalid',
    'profile {profile} has {count} rules for paths and addresses; at most {limit} are accepted',
    'Replace rules for single files by one with * or **, or split the workload.',
  ),
  TooComplex: entry(
    'Invalid',
    'the rules of {profiles} cannot be compiled: {problem}',
    'Use fewer patterns with * and name* that overlap in the same directories.',
  ),
  ProfileMissing: entry(
    'Invalid',
    '{file} holds no SecurityProfile or ClusterSecurityProfile',
    'Give a file with a profile first; further files may hold what it extends.',
  ),
  // --- kernel ------------------------------------------------------------------------------
  NotRoot: entry(
    'Unsupported',
    'this needs root (or CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_ADMIN)',
    'Run as root. lint, explain, diff, merge and export work without.',
  ),
  BtfMissing: entry(
    'Unsupported',
    'this kernel has no BTF at {path}',
    'Boot a kernel with CONFIG_DEBUG_INFO_BTF=y. lint, explain, diff, merge and export work without.',
  ),
  CgroupV2Missing: entry(
    'Unsupported',
    'no cgroup v2 hierarchy is mounted; found: {found}',
    'Mount cgroup2 (`mount -t cgroup2 none /sys/fs/cgroup/unified`) or boot with systemd.unified_cgroup_hierarchy=1.',
  ),
  BpfLoadFailed: entry(
    'Unsupported',
    'the kernel refused {object}: {problem}',
    'See the verifier log above; report it with `uname -a`.',
  ),
  LsmUnavailable: entry(
    'Unsupported',
    'BPF LSM programs cannot be used here: {problem}',
    'See `pinfold status` for what enforces instead.',
  ),
  PinsUnusable: entry(
    'Unsupported',
    'nothing can be pinned below {directory}: {problem}',
    'Mount the BPF file system there: `mount -t bpf bpf /sys/fs/bpf`.',
  ),
  EngineVersionPinned: entry(
    'Unsupported',
    'what another version of Pinfold pinned below {directory} cannot be taken over: {problem}',
    'End its enforcement with `pinfold detach` (or `pinfold uninstall` for a cluster), then start again.',
  ),
  PolicyInUse: entry(
    'Internal',
    'policy {policy} is still that of slot {slot}',
    'Please report it.',
  ),
  PolicyUnknown: entry('Internal', 'there is no policy {policy}', 'Please report it.'),
  BpfAttachFailed: entry(
    'Unsupported',
    'program {program} cannot be attached: {problem}',
    'Check `pinfold status` for what this kernel can do.',
  ),
  AddonMissing: entry(
    'Unsupported',
    'the native addon is not built: {problem}',
    'Run scripts/setup (or `npm run build`).',
  ),
  SlotsExhausted: entry(
    'Unsupported',
    'every one of the {limit} slots is taken',
    'End workloads that are no longer needed, or run fewer profiles on this machine.',
  ),
  TooManyNetworkRules: entry(
    'Invalid',
    'the network rules come to {count} entries; at most {limit} fit',
    'Use larger CIDR blocks or port ranges, or fewer exceptions.',
  ),
  // --- running -----------------------------------------------------------------------------
  ProcessNotFound: entry(
    'NotFound',
    'process {pid} cannot be followed: {problem}',
    'Check that it runs, with `ps`.',
  ),
  CgroupNotFound: entry(
    'NotFound',
    'cgroup {directory} cannot be followed: {problem}',
    'Give the directory of a cgroup v2, as below the mount of cgroup2.',
  ),
  CgroupFailed: entry(
    'Io',
    'a cgroup cannot be made or removed at {directory}: {problem}',
    'Check that this process may write there.',
  ),
  CommandNotFound: entry(
    'CommandNotFound',
    '{command}: not found',
    'Give a path or a name on PATH.',
  ),
  CommandNotExecutable: entry(
    'CannotExecute',
    '{command}: cannot be executed: {problem}',
    'Check its mode, its format and its interpreter.',
  ),
  LaunchFailed: entry(
    'Internal',
    'the launcher failed at step {step}: {problem}',
    'See `pinfold status` for what this machine can enforce.',
  ),
  ProfileNotExpressible: entry(
    'Degraded',
    'this machine cannot enforce all of profile {profile}:\n{gaps}',
    'Set onDegraded: Audit to enforce the rest and audit these, or run where BPF LSM is on.',
  ),
  AuditLogFailed: entry(
    'Io',
    'audit log {file} cannot be written: {problem}; {lost} record(s) lost',
    'Free space or choose another file; losses are counted in the log itself.',
  ),
  OutputFailed: entry(
    'Io',
    '{file} cannot be written: {problem}',
    'Check path, rights and free space.',
  ),
  // --- audit records -----------------------------------------------------------------------
  RecordInvalid: entry(
    'Invalid',
    '{file}:{line}: not an audit record: {problem}',
    'Give a line of an audit log as it was written.',
  ),
  RecordVersionUnknown: entry(
    'Invalid',
    '{file}:{line}: audit record of version {found}; {expected} is read here',
    'Use the version of Pinfold that wrote it, or a newer one.',
  ),
  RecordNotViolation: entry(
    'Invalid',
    'a record of kind {kind} holds no operation to explain',
    'Give a record of kind violation.',
  ),
  RedactionInvalid: entry(
    'Invalid',
    'redaction pattern {pattern} cannot be used: {problem}',
    'Use RE2 syntax: no look-around and no back-references.',
  ),
  // --- store -------------------------------------------------------------------------------
  StateLocked: entry(
    'Io',
    'state directory {directory} is in use by process {pid}',
    'Stop that process or give another --state directory.',
  ),
  StateCorrupt: entry(
    'Io',
    'state file {file} is damaged ({problem}); it was moved to {movedTo}',
    'Nothing, if the profile is applied again; otherwise inspect the file that was moved aside.',
  ),
  ObjectDuplicate: entry(
    'Invalid',
    '{file}: {object} is already defined in {other}, which stays in force',
    'Remove one of the two definitions.',
  ),
  ObjectNotOurs: entry(
    'Usage',
    '{object} is defined by the file {file} and cannot be changed here',
    'Edit or remove that file.',
  ),
  StateMissing: entry(
    'NotFound',
    '{directory} is no state directory of `pinfold up`',
    'Give the directory that `pinfold up --state` uses, by --state or PINFOLD_STATE.',
  ),
  ObjectNotFound: entry(
    'NotFound',
    '{object} is not in state directory {directory}',
    'See what there is: `pinfold get all -A`.',
  ),
  Internal: entry('Internal', 'internal error: {problem}', 'Please report it.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export type ErrorFields = Readonly<Record<string, string | number | bigint | undefined>>;

const fill = (template: string, fields: ErrorFields): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => String(fields[name] ?? `<${name}>`));

/** The only error type that Pinfold throws on purpose. `message` holds the filled template. */
export class PinfoldError extends Error {
  readonly code: ErrorCode;
  readonly fields: ErrorFields;

  constructor(code: ErrorCode, fields: ErrorFields = {}, options?: { cause?: unknown }) {
    super(fill(ERRORS[code].message, fields), options);
    this.name = 'PinfoldError';
    this.code = code;
    this.fields = fields;
  }

  /** What the reader can do about it. */
  get remedy(): string {
    return fill(ERRORS[this.code].remedy, this.fields);
  }

  /** Process exit status for this failure. */
  get exitCode(): number {
    return exitOf[ERRORS[this.code].class];
  }
}

/** The text of anything thrown. */
export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
