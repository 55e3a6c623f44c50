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
  CapabilityMissing: entry(
    'Unsupported',
    'root was given without {capabilities}',
    'Run it privileged (in a pod: securityContext.privileged), or with CAP_SYS_ADMIN.',
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
  LsmListUnknown: entry(
    'Unsupported',
    "the kernel's list of security modules cannot be read at {path}",
    'Mount securityfs: `mount -t securityfs securityfs /sys/kernel/security`, then start again.',
  ),
  NotInLsmList: entry(
    'Unsupported',
    "bpf is not among the kernel's security modules ({modules})",
    'Boot with lsm={wanted}',
  ),
  LsmHookMissing: entry(
    'Unsupported',
    'the kernel has no hooks for BPF LSM programs',
    'Boot a kernel with CONFIG_BPF_LSM=y.',
  ),
  LsmRefused: entry(
    'Unsupported',
    'the kernel refuses to load an LSM program ({errno})',
    'EPERM: it is locked down, or this is not root. Else report it with `uname -a`.',
  ),
  PinsUnusable: entry(
    'Unsupported',
    'nothing can be pinned below {directory}: {problem}',
    'Mount the BPF file system there: `mount -t bpf bpf /sys/fs/bpf`.',
  ),
  EngineVersionPinned: entry(
    'Unsupported',
    'what another version of Pinfold pinned below {directory} cannot be taken over: {problem}',
    'End its enforcement with `pinfold detach --node` there, or `pinfold uninstall` for the whole cluster.',
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
  ProfilesUnknown: entry(
    'Unsupported',
    'the profiles of this cluster are not known yet',
    'Wait until the API server can be reached; containers of namespaces on Hold are kept back until then.',
  ),
  PoliciesExhausted: entry(
    'Unsupported',
    'every one of the {limit} places for compiled sets of profiles is taken',
    'Let fewer different sets of profiles hold for the containers of this node.',
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
  PortUnusable: entry(
    'Io',
    'port {port} cannot be listened on: {problem}',
    'Give another --health-port, or end what uses it.',
  ),
  // --- container runtime -------------------------------------------------------------------
  NriUnavailable: entry(
    'Unsupported',
    'the container runtime does not offer NRI at {socket}: {problem}',
    'Turn NRI on (containerd: [plugins."io.containerd.nri.v1.nri"] disable = false; CRI-O: [crio.nri] enable_nri = true). Until then containers are named from their cgroups, after they started.',
  ),
  NriBusy: entry(
    'Io',
    'the container runtime has not gone on with the registration for {seconds} s',
    'It waits for pods in their termination grace period or for another plugin, and goes on by itself.',
  ),
  NriRefused: entry(
    'Unsupported',
    'the container runtime refused the plugin: {problem}',
    'See the log of the runtime; attempts go on.',
  ),
  NriLost: entry(
    'Io',
    'the connection to the container runtime ended: {problem}',
    'If the runtime was not restarted, see its log for why it dropped the plugin; attempts go on.',
  ),
  NriProtocol: entry(
    'Io',
    'the container runtime sent what is not NRI: {problem}',
    'Please report it with the version of the runtime; attempts go on.',
  ),
  NriWorkerFailed: entry(
    'Internal',
    'the thread that speaks to the container runtime ended: {problem}',
    'It is started again. Please report it.',
  ),
  NriNotJudged: entry(
    'Io',
    'container {container} of pod {namespace}/{pod} was not judged before its start: {problem}',
    'In a namespace on Hold the kubelet tries again; elsewhere it runs until it is named, and a gap is recorded.',
  ),
  NriNoAnswer: entry(
    'Io',
    'the main thread did not answer the admission: {problem}',
    'It is overloaded or waits for the API; the container is treated as not judged.',
  ),
  NotPromotable: entry(
    'Invalid',
    '{profile} does not go to {target} ({reason}): {problem}',
    '{hint}',
  ),
  UninstallIncomplete: entry(
    'Io',
    'not all is removed; nodes that still enforce: {nodes}; objects that are still there: {objects}',
    'Run it again when these nodes are back; see what finalizers hold the objects.',
  ),
  RuntimeUnknown: entry(
    'Unsupported',
    'cgroup {cgroup} is of no container runtime that is known here',
    'containerd and CRI-O are known. Please report the path with the name and version of the runtime.',
  ),
  BundleUnreadable: entry(
    'Io',
    'who container {container} is cannot be read from its OCI configuration: {problem}',
    "Run the enforcer in the node's PID namespace (hostPID: true), through which it reads the runtime's directories; it is tried again.",
  ),
  PodUnreadable: entry(
    'Io',
    'the labels of pod {namespace}/{pod} cannot be read: {problem}',
    'Let the enforcer `get` pods (config/node-rights.yaml) and reach the API server. No profile holds for the containers of that pod until then; it is tried again.',
  ),
  KubepodsNotFound: entry(
    'NotFound',
    "the kubelet's cgroup is not there to be watched: {problem}",
    'Check that the kubelet runs. If it keeps its pods elsewhere (--cgroup-root), turn NRI on. It is looked for again.',
  ),
  HeldTooLong: entry(
    'Io',
    'container {container} of pod {namespace}/{pod} was let go after {seconds} s, and is not judged: {problem}',
    'See why it could not be judged. It is as soon as it can be.',
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
    '{object} is not in {directory}',
    'See what there is: `pinfold get all -A`.',
  ),
  // --- Kubernetes API ----------------------------------------------------------------------
  KubeconfigUnusable: entry(
    'Usage',
    'no way to a cluster: {problem}',
    'Give a kubeconfig by --kubeconfig or KUBECONFIG and a context by --context, or run in a pod with a service account.',
  ),
  KubeUnreachable: entry(
    'Io',
    '{server} cannot be reached: {problem}',
    'Check address, network and certificate; what can wait is tried again.',
  ),
  KubeTimeout: entry(
    'Io',
    '{server} did not answer in time to: {verb} {resource}',
    'Check the load of the API server; what can wait is tried again.',
  ),
  KubeUnauthorized: entry(
    'Io',
    '{server} does not accept these credentials: {problem}',
    'Log in again, or check the service account and its token.',
  ),
  KubeForbidden: entry(
    'Io',
    'not permitted: {verb} {resource}: {problem}',
    'Grant that verb on that resource to the user or service account.',
  ),
  RightsMissing: entry(
    'Io',
    'the API server does not permit: {rights}',
    'Apply config/node-rights.yaml again, or grant these rights to the service account pinfold-node.',
  ),
  NodeNotReported: entry(
    'NotFound',
    'no node enforcer has reported from node {node}',
    'See whether its pod runs, and its log: `kubectl -n pinfold get pods -o wide`.',
  ),
  KubeNotFound: entry(
    'NotFound',
    '{resource} is not there: {problem}',
    'Check name, namespace and context; a kind that is unknown needs `kubectl apply -k crds`.',
  ),
  KubeConflict: entry(
    'Io',
    'conflict: {verb} {resource}: {problem}',
    'Read the object again and repeat; what can wait is tried again.',
  ),
  KubeExpired: entry(
    'Io',
    '{server} no longer has the version asked for: {verb} {resource}: {problem}',
    'Nothing: the list is read again.',
  ),
  KubeTooManyRequests: entry(
    'Io',
    '{server} takes no more requests now: {verb} {resource}: {problem}',
    'Nothing: it is tried again when the server says.',
  ),
  KubeInvalid: entry(
    'Invalid',
    'refused by the API server: {verb} {resource}: {problem}',
    'Correct each place named.',
  ),
  KubeServerFailed: entry(
    'Io',
    '{server} failed with status {status}: {verb} {resource}: {problem}',
    'See the log of the API server or of the webhook it names; what can wait is tried again.',
  ),
  KubeAnswerMalformed: entry(
    'Io',
    '{server} answered {verb} {resource} with something else: {problem}',
    'Check that the address is that of a Kubernetes API server.',
  ),
  EventLost: entry(
    'Io',
    '{count} occurrence(s) of event {reason} about {object} could not be written: {problem}',
    'Nothing: what happened is in the audit log as well.',
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

  /** What happened and what to do: for a condition, which has one text. */
  get advice(): string {
    return `${this.message}. ${this.remedy}`;
  }

  /** Process exit status for this failure. */
  get exitCode(): number {
    return exitOf[ERRORS[this.code].class];
  }
}

/** The text of anything thrown. */
export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** The name of a system call's error, such as ENOENT; undefined: thrown by something else. */
export const errnoOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;

/** A system call failed with one of these errors. */
export const hasErrno = (thrown: unknown, ...names: readonly string[]): boolean =>
  names.includes(errnoOf(thrown) ?? '');
