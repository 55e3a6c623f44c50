// Generated from crds/ by scripts/generate-api.ts: change it there.
/**
 * Absolute path: literal segments, `*` for one whole segment, `name*` for one segment with that prefix, a trailing `**` for everything below.
 */
export type PathPattern = string;

/**
 * One owner.
 */
export interface OwnerReference {
  /**
   * Group and version of the owner.
   */
  readonly apiVersion: string;
  /**
   * Kind of the owner.
   */
  readonly kind: string;
  /**
   * Name of the owner.
   */
  readonly name: string;
  /**
   * Identity of the owner.
   */
  readonly uid: string;
  /**
   * Whether it manages this object.
   */
  readonly controller?: boolean;
  /**
   * Whether the owner waits for this object.
   */
  readonly blockOwnerDeletion?: boolean;
}
/**
 * Standard metadata of Kubernetes objects.
 */
export interface ObjectMeta {
  /**
   * Name, unique for the kind in its namespace: lower-case letters, digits, - and .
   */
  readonly name: string;
  /**
   * Namespace; absent for kinds of the whole cluster.
   */
  readonly namespace?: string;
  /**
   * Prefix of a name that the server makes.
   */
  readonly generateName?: string;
  /**
   * Labels for selection.
   */
  readonly labels?: {
    /**
     * Value of the label.
     */
    readonly [k: string]: string;
  };
  /**
   * Notes of any kind.
   */
  readonly annotations?: {
    /**
     * Value of the annotation.
     */
    readonly [k: string]: string;
  };
  /**
   * Identity that the server gave.
   */
  readonly uid?: string;
  /**
   * Version of the stored object; opaque.
   */
  readonly resourceVersion?: string;
  /**
   * Raised at each change of spec.
   */
  readonly generation?: number;
  /**
   * When the object was created.
   */
  readonly creationTimestamp?: string;
  /**
   * When its deletion was asked for.
   */
  readonly deletionTimestamp?: string;
  /**
   * Seconds until it is removed.
   */
  readonly deletionGracePeriodSeconds?: number;
  /**
   * Who must agree before it is removed.
   *
   * Items: Name of a finalizer.
   */
  readonly finalizers?: readonly string[];
  /**
   * Objects that this one goes away with.
   */
  readonly ownerReferences?: readonly OwnerReference[];
  /**
   * Written by old servers.
   */
  readonly selfLink?: string;
  /**
   * Who set which field; written by the server.
   *
   * Items: What one manager set.
   */
  readonly managedFields?: readonly {
    readonly [k: string]: unknown;
  }[];
}
/**
 * One condition on one label.
 */
export interface LabelSelectorRequirement {
  /**
   * Label that is looked at.
   */
  readonly key: string;
  /**
   * How values are applied.
   */
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  /**
   * Values for In and NotIn.
   *
   * @maxItems 64
   *
   * Items: Value of the label.
   */
  readonly values?: readonly string[];
}
/**
 * A Kubernetes label selector: matchLabels and matchExpressions must both hold; {} matches everything.
 */
export interface LabelSelector {
  /**
   * Labels that must have exactly these values; {} matches everything.
   */
  readonly matchLabels?: {
    /**
     * Value of the label.
     */
    readonly [k: string]: string;
  };
  /**
   * Conditions on labels; all must hold.
   *
   * @maxItems 64
   */
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}
/**
 * Containers that the profile holds for; {} is every container in scope.
 */
export interface WorkloadSelector {
  readonly podSelector?: LabelSelector;
  /**
   * Names of containers in those pods, also init, sidecar and ephemeral ones; absent: all.
   *
   * @minItems 1
   * @maxItems 64
   *
   * Items: Name of a container.
   */
  readonly containers?: readonly string[];
}
/**
 * Names a profile.
 */
export interface ClusterProfileReference {
  /**
   * Kind of the profile; a cluster-wide profile extends only its like.
   */
  readonly kind: 'ClusterSecurityProfile';
  /**
   * Name of the profile.
   */
  readonly name: string;
}
/**
 * Names programs.
 */
export interface ExecRule {
  readonly path: PathPattern;
}
/**
 * Programs that may be executed. A script needs a rule for itself and one for its interpreter.
 */
export interface ExecRules {
  /**
   * Programs that are allowed; all others are refused.
   *
   * @maxItems 1000
   */
  readonly allow?: readonly ExecRule[];
  /**
   * Programs that are refused, whatever allow says.
   *
   * @maxItems 1000
   */
  readonly deny?: readonly ExecRule[];
}
/**
 * Names file-system objects and what they may be used for.
 */
export interface FileAllowRule {
  readonly path: PathPattern;
  /**
   * What is allowed. Read: open for reading, also of directories. Write: open for writing, truncate, connect to a socket. Create: new files, directories, links, sockets, and the new name of a rename. Delete: unlink, rmdir, and the old name of a rename. MapExecutable: executable mappings (libraries). Attributes: mode, owner, times, extended attributes.
   *
   * @minItems 1
   * @maxItems 6
   *
   * Items: One kind of use.
   */
  readonly access: readonly (
    'Read' | 'Write' | 'Create' | 'Delete' | 'MapExecutable' | 'Attributes'
  )[];
}
/**
 * Names file-system objects and what they may not be used for.
 */
export interface FileDenyRule {
  readonly path: PathPattern;
  /**
   * What is refused; absent: everything.
   *
   * @minItems 1
   * @maxItems 6
   *
   * Items: One kind of use.
   */
  readonly access?: readonly (
    'Read' | 'Write' | 'Create' | 'Delete' | 'MapExecutable' | 'Attributes'
  )[];
}
/**
 * File-system objects that may be used.
 */
export interface FileRules {
  /**
   * Objects that are allowed, one entry for each path; all others are refused.
   *
   * @maxItems 5000
   */
  readonly allow?: readonly FileAllowRule[];
  /**
   * Objects that are refused, whatever allow says, one entry for each path.
   *
   * @maxItems 5000
   */
  readonly deny?: readonly FileDenyRule[];
}
/**
 * A range of addresses with holes.
 */
export interface IPBlock {
  /**
   * IPv4 or IPv6 range in CIDR notation, such as 10.0.0.0/8 or 2001:db8::/32.
   */
  readonly cidr: string;
  /**
   * Ranges inside cidr that do not belong to it.
   *
   * @maxItems 8
   *
   * Items: IPv4 or IPv6 range in CIDR notation, inside cidr.
   */
  readonly except?: readonly string[];
}
/**
 * The other side of a connection.
 */
export interface NetworkPeer {
  readonly ipBlock: IPBlock;
}
/**
 * A protocol with no, one or a range of ports.
 */
export interface NetworkPort {
  /**
   * Transport protocol.
   */
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  /**
   * Port, or the first of a range; absent: every port of the protocol. Under ingress, 0 is a port that the kernel chooses.
   */
  readonly port?: number;
  /**
   * Last port of the range, included.
   */
  readonly endPort?: number;
}
/**
 * Outgoing connections and datagrams: any of `to` on any of `ports`.
 */
export interface EgressRule {
  /**
   * Destinations; absent or empty: any.
   *
   * @maxItems 100
   */
  readonly to?: readonly NetworkPeer[];
  /**
   * Remote ports; absent or empty: any.
   *
   * @maxItems 100
   */
  readonly ports?: readonly NetworkPort[];
}
/**
 * Listening: any of `ports` on the local side, for any of `from`.
 */
export interface IngressRule {
  /**
   * Sources; absent or empty: any.
   *
   * @maxItems 100
   */
  readonly from?: readonly NetworkPeer[];
  /**
   * Local ports; absent or empty: any.
   *
   * @maxItems 100
   */
  readonly ports?: readonly NetworkPort[];
}
/**
 * Connections, in the shape of NetworkPolicy. Unix sockets are files.
 */
export interface NetworkRules {
  /**
   * Outgoing traffic that is allowed; all other is refused.
   *
   * @maxItems 250
   */
  readonly egress?: readonly EgressRule[];
  /**
   * Listening that is allowed; all other is refused.
   *
   * @maxItems 250
   */
  readonly ingress?: readonly IngressRule[];
}
/**
 * Linux capabilities, without CAP_.
 */
export interface CapabilityRules {
  /**
   * Capabilities that may be used; all others are refused.
   *
   * @maxItems 41
   *
   * Items: Name without CAP_.
   */
  readonly allow?: readonly (
    | 'CHOWN'
    | 'DAC_OVERRIDE'
    | 'DAC_READ_SEARCH'
    | 'FOWNER'
    | 'FSETID'
    | 'KILL'
    | 'SETGID'
    | 'SETUID'
    | 'SETPCAP'
    | 'LINUX_IMMUTABLE'
    | 'NET_BIND_SERVICE'
    | 'NET_BROADCAST'
    | 'NET_ADMIN'
    | 'NET_RAW'
    | 'IPC_LOCK'
    | 'IPC_OWNER'
    | 'SYS_MODULE'
    | 'SYS_RAWIO'
    | 'SYS_CHROOT'
    | 'SYS_PTRACE'
    | 'SYS_PACCT'
    | 'SYS_ADMIN'
    | 'SYS_BOOT'
    | 'SYS_NICE'
    | 'SYS_RESOURCE'
    | 'SYS_TIME'
    | 'SYS_TTY_CONFIG'
    | 'MKNOD'
    | 'LEASE'
    | 'AUDIT_WRITE'
    | 'AUDIT_CONTROL'
    | 'SETFCAP'
    | 'MAC_OVERRIDE'
    | 'MAC_ADMIN'
    | 'SYSLOG'
    | 'WAKE_ALARM'
    | 'BLOCK_SUSPEND'
    | 'AUDIT_READ'
    | 'PERFMON'
    | 'BPF'
    | 'CHECKPOINT_RESTORE'
  )[];
  /**
   * Capabilities that are refused, whatever allow says.
   *
   * @maxItems 41
   *
   * Items: Name without CAP_.
   */
  readonly deny?: readonly (
    | 'CHOWN'
    | 'DAC_OVERRIDE'
    | 'DAC_READ_SEARCH'
    | 'FOWNER'
    | 'FSETID'
    | 'KILL'
    | 'SETGID'
    | 'SETUID'
    | 'SETPCAP'
    | 'LINUX_IMMUTABLE'
    | 'NET_BIND_SERVICE'
    | 'NET_BROADCAST'
    | 'NET_ADMIN'
    | 'NET_RAW'
    | 'IPC_LOCK'
    | 'IPC_OWNER'
    | 'SYS_MODULE'
    | 'SYS_RAWIO'
    | 'SYS_CHROOT'
    | 'SYS_PTRACE'
    | 'SYS_PACCT'
    | 'SYS_ADMIN'
    | 'SYS_BOOT'
    | 'SYS_NICE'
    | 'SYS_RESOURCE'
    | 'SYS_TIME'
    | 'SYS_TTY_CONFIG'
    | 'MKNOD'
    | 'LEASE'
    | 'AUDIT_WRITE'
    | 'AUDIT_CONTROL'
    | 'SETFCAP'
    | 'MAC_OVERRIDE'
    | 'MAC_ADMIN'
    | 'SYSLOG'
    | 'WAKE_ALARM'
    | 'BLOCK_SUSPEND'
    | 'AUDIT_READ'
    | 'PERFMON'
    | 'BPF'
    | 'CHECKPOINT_RESTORE'
  )[];
}
/**
 * What happens to a call that is refused.
 */
export interface SyscallAction {
  /**
   * Errno: the call fails with errno. KillProcess: the process is killed.
   */
  readonly action: 'Errno' | 'KillProcess';
  /**
   * Error that the call returns; with action Errno only.
   */
  readonly errno?:
    | 'E2BIG'
    | 'EACCES'
    | 'EADDRINUSE'
    | 'EADDRNOTAVAIL'
    | 'EAFNOSUPPORT'
    | 'EAGAIN'
    | 'EALREADY'
    | 'EBADF'
    | 'EBADMSG'
    | 'EBUSY'
    | 'ECANCELED'
    | 'ECHILD'
    | 'ECONNABORTED'
    | 'ECONNREFUSED'
    | 'ECONNRESET'
    | 'EDEADLK'
    | 'EDESTADDRREQ'
    | 'EDOM'
    | 'EDQUOT'
    | 'EEXIST'
    | 'EFAULT'
    | 'EFBIG'
    | 'EHOSTUNREACH'
    | 'EIDRM'
    | 'EILSEQ'
    | 'EINPROGRESS'
    | 'EINTR'
    | 'EINVAL'
    | 'EIO'
    | 'EISCONN'
    | 'EISDIR'
    | 'ELOOP'
    | 'EMFILE'
    | 'EMLINK'
    | 'EMSGSIZE'
    | 'EMULTIHOP'
    | 'ENAMETOOLONG'
    | 'ENETDOWN'
    | 'ENETRESET'
    | 'ENETUNREACH'
    | 'ENFILE'
    | 'ENOBUFS'
    | 'ENODATA'
    | 'ENODEV'
    | 'ENOENT'
    | 'ENOEXEC'
    | 'ENOLCK'
    | 'ENOLINK'
    | 'ENOMEM'
    | 'ENOMSG'
    | 'ENOPROTOOPT'
    | 'ENOSPC'
    | 'ENOSR'
    | 'ENOSTR'
    | 'ENOSYS'
    | 'ENOTCONN'
    | 'ENOTDIR'
    | 'ENOTEMPTY'
    | 'ENOTSOCK'
    | 'ENOTSUP'
    | 'ENOTTY'
    | 'ENXIO'
    | 'EOPNOTSUPP'
    | 'EOVERFLOW'
    | 'EPERM'
    | 'EPIPE'
    | 'EPROTO'
    | 'EPROTONOSUPPORT'
    | 'EPROTOTYPE'
    | 'ERANGE'
    | 'EROFS'
    | 'ESPIPE'
    | 'ESRCH'
    | 'ESTALE'
    | 'ETIME'
    | 'ETIMEDOUT'
    | 'ETXTBSY'
    | 'EWOULDBLOCK'
    | 'EXDEV';
}
/**
 * System calls by name.
 */
export interface SyscallRules {
  /**
   * ABIs on which allow holds, in libseccomp's names; x86 is ia32 on a 64-bit kernel. Where allow is present, any other ABI is refused. deny holds on every ABI.
   *
   * @minItems 1
   * @maxItems 5
   *
   * Items: One ABI.
   */
  readonly architectures?: readonly ('x86_64' | 'x86' | 'x32' | 'aarch64' | 'arm')[];
  /**
   * System calls that are allowed on every one of architectures; all others are refused.
   *
   * @maxItems 1000
   *
   * Items: Name as in the kernel's table, such as openat.
   */
  readonly allow?: readonly string[];
  /**
   * System calls that are refused, whatever allow says.
   *
   * @maxItems 1000
   *
   * Items: Name as in the kernel's table, such as openat.
   */
  readonly deny?: readonly string[];
  readonly otherwise?: SyscallAction;
}
/**
 * What the workload may do. A class is an allow-list only where its `allow` (or `egress`, `ingress`: each for itself) is present, also when empty, which allows nothing; with `deny` alone just what it names is refused. Deny wins.
 */
export interface Rules {
  readonly exec?: ExecRules;
  readonly files?: FileRules;
  readonly network?: NetworkRules;
  readonly capabilities?: CapabilityRules;
  readonly syscalls?: SyscallRules;
  /**
   * Behaviours without an object that are refused.
   *
   * @maxItems 10
   *
   * Items: Ptrace: attaching to other processes. Mount: mount, umount, pivot_root. Bpf: bpf and perf_event_open. UserNamespaces: new user namespaces. KernelModules: loading modules and firmware. IoUring: io_uring. AnonymousExec: executable memory without a file. FilelessExec: execution from memfd and the like. WrittenExec: execution of files that the container wrote. RawSockets: raw and packet sockets.
   */
  readonly forbid?: readonly (
    | 'Ptrace'
    | 'Mount'
    | 'Bpf'
    | 'UserNamespaces'
    | 'KernelModules'
    | 'IoUring'
    | 'AnonymousExec'
    | 'FilelessExec'
    | 'WrittenExec'
    | 'RawSockets'
  )[];
}
/**
 * What is asked for.
 */
export interface ClusterSecurityProfileSpec {
  /**
   * Exactly what is in force. Disabled: nothing. Record: behaviour is learned, nothing is denied. Audit: violations are written down, nothing is denied. Enforce: violations are denied.
   */
  readonly mode: 'Disabled' | 'Record' | 'Audit' | 'Enforce';
  readonly selector?: WorkloadSelector;
  readonly namespaceSelector?: LabelSelector;
  /**
   * Whether pods of kube-system, kube-node-lease and Pinfold's own namespace are matched.
   */
  readonly includeSystemNamespaces: boolean;
  /**
   * Host services, by the absolute path of their cgroup below the cgroup v2 mount.
   *
   * @minItems 1
   * @maxItems 64
   *
   * Items: Path of a cgroup, such as /system.slice/nginx.service.
   */
  readonly cgroups?: readonly string[];
  /**
   * Profiles whose rules are united with these.
   *
   * @maxItems 8
   */
  readonly extends?: readonly ClusterProfileReference[];
  /**
   * A ProfileRevision whose rules are united with these: its name, or Latest.
   */
  readonly baseRevision?: string;
  readonly rules?: Rules;
  /**
   * What happens where a node cannot enforce a part. Refuse: the profile is not put in force there. Audit: what can be enforced is, the rest is observed and written down. Kill: what cannot be denied beforehand is answered by killing the process.
   */
  readonly onDegraded: 'Refuse' | 'Audit' | 'Kill';
  /**
   * How grave a violation is; copied into its records.
   */
  readonly severity: 'Low' | 'Medium' | 'High' | 'Critical';
}
/**
 * Totals over all nodes.
 */
export interface ProfileCounts {
  /**
   * Containers that the profile holds for now.
   */
  readonly matchedContainers: number;
  /**
   * Operations refused.
   */
  readonly denied: number;
  /**
   * Operations that would have been refused.
   */
  readonly audited: number;
  /**
   * Parts that cannot be enforced, also those that `gaps` has no room for.
   */
  readonly gaps: number;
  /**
   * Items that the recordings under way hold; absent where nothing is recorded.
   */
  readonly learned?: number;
}
/**
 * One finding, in the standard form of Kubernetes.
 */
export interface Condition {
  /**
   * What is found: Accepted (the object is valid and composed), Realized (nodes have it), Enforcing (denials are in force), Degraded (a part cannot be enforced), Incomplete, StartNotSeen, RestartNeeded and others.
   */
  readonly type: string;
  /**
   * Whether it holds.
   */
  readonly status: 'True' | 'False' | 'Unknown';
  /**
   * metadata.generation that the finding is about.
   */
  readonly observedGeneration?: number;
  /**
   * When status changed last.
   */
  readonly lastTransitionTime: string;
  /**
   * Why, as one CamelCase word; error codes are used as they are.
   */
  readonly reason: string;
  /**
   * Why, for people.
   */
  readonly message: string;
}
/**
 * Something the workload did that its profile does not allow.
 */
export interface Violation {
  /**
   * When it was seen last.
   */
  readonly time: string;
  /**
   * Denied: it was refused. Audited: it went through and was written down.
   */
  readonly action: 'Denied' | 'Audited';
  /**
   * Class of rules that decided.
   */
  readonly class: 'exec' | 'files' | 'egress' | 'ingress' | 'capabilities' | 'syscalls' | 'forbid';
  /**
   * What was attempted, such as exec, open, connect or the name of the system call.
   */
  readonly operation: string;
  /**
   * What it was attempted on: path, address and port, or name. A segment that is not UTF-8 is shown escaped.
   */
  readonly object: string;
  /**
   * Rule that decided, as a person would write it; absent: nothing in the allow-list matched.
   */
  readonly rule?: string;
  /**
   * Program that attempted it.
   */
  readonly program?: string;
  /**
   * Node where it happened.
   */
  readonly node?: string;
  /**
   * Namespace of the pod.
   */
  readonly namespace?: string;
  /**
   * Pod it happened in.
   */
  readonly pod?: string;
  /**
   * Container it happened in.
   */
  readonly container?: string;
  /**
   * How often since the first time.
   */
  readonly count: number;
}
/**
 * A part of the profile that some node cannot enforce.
 */
export interface Gap {
  /**
   * Class of rules it belongs to.
   */
  readonly class: 'exec' | 'files' | 'egress' | 'ingress' | 'capabilities' | 'syscalls' | 'forbid';
  /**
   * The rule, as a person would write it, or `*` for the whole class.
   */
  readonly item: string;
  /**
   * Why it cannot be enforced, as one CamelCase word.
   */
  readonly reason: string;
  /**
   * Why it cannot be enforced, for people.
   */
  readonly message: string;
  /**
   * Number of nodes that cannot.
   */
  readonly nodes?: number;
}
/**
 * What the operator and the nodes make of the profile.
 */
export interface ProfileStatus {
  /**
   * metadata.generation that this status is about.
   */
  readonly observedGeneration?: number;
  /**
   * Mode that every node has realised; while they differ, the weakest of them.
   */
  readonly mode?: 'Disabled' | 'Record' | 'Audit' | 'Enforce';
  /**
   * Pending: not every node has it. Active: in force as asked. Recording: in force, learning. Degraded: in force in part, see gaps. Rejected: invalid or refused, see conditions. Disabled: switched off.
   */
  readonly phase?: 'Pending' | 'Active' | 'Recording' | 'Degraded' | 'Rejected' | 'Disabled';
  readonly counts?: ProfileCounts;
  /**
   * ProfileRevision that `baseRevision: Latest` stands for.
   */
  readonly latestRevision?: string;
  /**
   * Latest findings, one for each type.
   *
   * @maxItems 16
   */
  readonly conditions?: readonly Condition[];
  /**
   * The last violations, newest first.
   *
   * @maxItems 10
   */
  readonly recentViolations?: readonly Violation[];
  /**
   * Parts of the profile that cannot be enforced, at most 100; counts.gaps has their number.
   *
   * @maxItems 100
   */
  readonly gaps?: readonly Gap[];
}
/**
 * What containers of the whole cluster, or host services, may do: a baseline that no namespace can weaken.
 */
export interface ClusterSecurityProfile {
  /**
   * Version of this schema: pinfold.dev/v1alpha1.
   */
  readonly apiVersion: 'pinfold.dev/v1alpha1';
  /**
   * Kind of the object: ClusterSecurityProfile.
   */
  readonly kind: 'ClusterSecurityProfile';
  readonly metadata: ObjectMeta;
  readonly spec: ClusterSecurityProfileSpec;
  readonly status?: ProfileStatus;
}
/**
 * The kernel that runs.
 */
export interface NodeKernel {
  /**
   * As uname -r prints it.
   */
  readonly release: string;
  /**
   * As uname -m prints it.
   */
  readonly architecture: string;
  /**
   * Whether the kernel describes its types.
   */
  readonly btf: boolean;
  /**
   * Control group hierarchies that are mounted.
   */
  readonly cgroup: 'V1' | 'Hybrid' | 'V2';
  /**
   * Active security modules.
   *
   * @maxItems 32
   *
   * Items: Name of a module.
   */
  readonly lsms: readonly string[];
  /**
   * Version of Landlock; 0: none.
   */
  readonly landlockAbi: number;
}
/**
 * One class.
 */
export interface NodeAbility {
  /**
   * Class of rules.
   */
  readonly class: 'exec' | 'files' | 'egress' | 'ingress' | 'capabilities' | 'syscalls' | 'forbid';
  /**
   * Lsm: denied in the kernel's own hook. Ladder: denied by another mechanism, with gaps. None: only observed.
   */
  readonly step: 'Lsm' | 'Ladder' | 'None';
  /**
   * What denies, such as landlock, seccomp or cgroup-bpf; empty with None.
   */
  readonly mechanism: string;
  /**
   * What it cannot do, for people.
   */
  readonly detail: string;
}
/**
 * Why not all that was asked for is in force here; absent where it is.
 */
export interface Shortfall {
  /**
   * Why, as one CamelCase word; error codes are used as they are.
   */
  readonly reason: string;
  /**
   * Why, for people.
   */
  readonly message: string;
}
/**
 * One profile as this node has it.
 */
export interface RealizedProfile {
  /**
   * Kind of the profile.
   */
  readonly kind: 'SecurityProfile' | 'ClusterSecurityProfile';
  /**
   * Namespace of the profile; empty for a ClusterSecurityProfile.
   */
  readonly namespace: string;
  /**
   * Name of the profile.
   */
  readonly name: string;
  /**
   * metadata.generation that is in force here.
   */
  readonly generation: number;
  /**
   * Mode that is in force here.
   */
  readonly mode: 'Disabled' | 'Record' | 'Audit' | 'Enforce';
  /**
   * Containers it holds for.
   */
  readonly containers: number;
  /**
   * Parts that this node cannot enforce.
   */
  readonly gaps: number;
  /**
   * The first of these parts.
   *
   * @maxItems 20
   */
  readonly gapList?: readonly Gap[];
  readonly degraded?: Shortfall;
  /**
   * Operations refused here.
   */
  readonly denied?: number;
  /**
   * Operations that would have been refused here.
   */
  readonly audited?: number;
  /**
   * The last violations, newest first.
   *
   * @maxItems 10
   */
  readonly recentViolations?: readonly Violation[];
}
/**
 * Counters since the node enforcer's objects were loaded; written at most once a minute.
 */
export interface NodeTotals {
  /**
   * Containers that some profile holds for.
   */
  readonly containers: number;
  /**
   * Operations refused.
   */
  readonly denied: number;
  /**
   * Operations that would have been refused.
   */
  readonly audited: number;
  /**
   * Events lost.
   */
  readonly lost: number;
}
/**
 * What the node reports of itself.
 */
export interface NodeEnforcementStatus {
  readonly kernel?: NodeKernel;
  /**
   * What the node can enforce, by class of rules.
   *
   * @maxItems 7
   */
  readonly abilities?: readonly NodeAbility[];
  /**
   * Profiles that hold for containers of this node.
   *
   * @maxItems 5000
   */
  readonly profiles?: readonly RealizedProfile[];
  readonly totals?: NodeTotals;
  /**
   * Latest findings, one for each type.
   *
   * @maxItems 16
   */
  readonly conditions?: readonly Condition[];
}
/**
 * What one node can enforce, and what it does enforce. Named after the node.
 */
export interface NodeEnforcement {
  /**
   * Version of this schema: pinfold.dev/v1alpha1.
   */
  readonly apiVersion: 'pinfold.dev/v1alpha1';
  /**
   * Kind of the object: NodeEnforcement.
   */
  readonly kind: 'NodeEnforcement';
  readonly metadata: ObjectMeta;
  readonly status?: NodeEnforcementStatus;
}
/**
 * Profile that the recording belongs to.
 */
export interface RecordedProfileReference {
  /**
   * Kind of the profile.
   */
  readonly kind: 'SecurityProfile' | 'ClusterSecurityProfile';
  /**
   * Name of the profile.
   */
  readonly name: string;
  /**
   * metadata.uid of the profile.
   */
  readonly uid?: string;
}
/**
 * One such observation.
 */
export interface RecordingNote {
  /**
   * What it is, as one CamelCase word such as IoUringUsed or PathRaced.
   */
  readonly code: string;
  /**
   * On what, for people.
   */
  readonly detail: string;
  /**
   * How often.
   */
  readonly count: number;
}
/**
 * What the rules were learned from.
 */
export interface RevisionProvenance {
  /**
   * When the first behaviour was seen.
   */
  readonly recordedFrom: string;
  /**
   * When the last behaviour was seen.
   */
  readonly recordedUntil: string;
  /**
   * Containers that were recorded.
   */
  readonly containers: number;
  /**
   * Nodes that recorded; at most 100 are named.
   *
   * @maxItems 100
   *
   * Items: Name of a node.
   */
  readonly nodes?: readonly string[];
  /**
   * Events that the rules were made from.
   */
  readonly events: number;
  /**
   * No container was recorded from its first exec on: the rules would break the next start.
   */
  readonly startNotSeen: boolean;
  /**
   * A container was recorded to its end.
   */
  readonly cleanStop: boolean;
  /**
   * Events were lost: the rules may lack something.
   */
  readonly incomplete: boolean;
  /**
   * Events that the kernel could not deliver, by class; absent or empty: none.
   */
  readonly lost?: {
    /**
     * Number of lost events of this class.
     */
    readonly [k: string]: number;
  };
  /**
   * What was seen that rules cannot hold, or that limits what was seen.
   *
   * @maxItems 64
   */
  readonly notes?: readonly RecordingNote[];
}
/**
 * Rules that were learned, and from what. Never changes.
 */
export interface ProfileRevisionSpec {
  readonly profile: RecordedProfileReference;
  /**
   * SHA-256 of the rules in canonical form.
   */
  readonly hash: string;
  readonly rules: Rules;
  readonly provenance: RevisionProvenance;
}
/**
 * Rules that a recording led to, named after their content.
 */
export interface ProfileRevision {
  /**
   * Version of this schema: pinfold.dev/v1alpha1.
   */
  readonly apiVersion: 'pinfold.dev/v1alpha1';
  /**
   * Kind of the object: ProfileRevision.
   */
  readonly kind: 'ProfileRevision';
  readonly metadata: ObjectMeta;
  readonly spec: ProfileRevisionSpec;
}
/**
 * One program.
 */
export interface RecordedExec {
  /**
   * Path of the program; a segment that is not UTF-8 is written `*`.
   */
  readonly path: string;
  /**
   * Interpreter that the kernel loaded for it.
   */
  readonly interpreter?: string;
  /**
   * It is a script.
   */
  readonly script: boolean;
  /**
   * It never had a name, such as a memfd.
   */
  readonly fileless: boolean;
  /**
   * It had no name left when it was executed.
   */
  readonly deleted: boolean;
  /**
   * When it was seen first.
   */
  readonly firstSeen: string;
  /**
   * How often it was seen.
   */
  readonly count: number;
}
/**
 * One object.
 */
export interface RecordedFile {
  /**
   * Path of the object; a segment that is not UTF-8 is written `*`.
   */
  readonly path: string;
  /**
   * What it was used for.
   *
   * @minItems 1
   * @maxItems 6
   *
   * Items: One kind of use.
   */
  readonly access: readonly (
    'Read' | 'Write' | 'Create' | 'Delete' | 'MapExecutable' | 'Attributes'
  )[];
  /**
   * It is a directory.
   */
  readonly directory: boolean;
  /**
   * The path was resolved from the caller's argument, not from the object.
   */
  readonly fromArgument: boolean;
  /**
   * When it was seen first.
   */
  readonly firstSeen: string;
  /**
   * How often it was seen.
   */
  readonly count: number;
}
/**
 * One peer or local address.
 */
export interface RecordedSocket {
  /**
   * Egress: a connection or datagram to address. Ingress: a bind to address.
   */
  readonly direction: 'Egress' | 'Ingress';
  /**
   * Transport protocol.
   */
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  /**
   * IPv4 or IPv6 address.
   */
  readonly address: string;
  /**
   * Port; 0 under Ingress: chosen by the kernel.
   */
  readonly port: number;
  /**
   * When it was seen first.
   */
  readonly firstSeen: string;
  /**
   * How often it was seen.
   */
  readonly count: number;
}
/**
 * One capability.
 */
export interface RecordedCapability {
  /**
   * Name without CAP_.
   */
  readonly name:
    | 'CHOWN'
    | 'DAC_OVERRIDE'
    | 'DAC_READ_SEARCH'
    | 'FOWNER'
    | 'FSETID'
    | 'KILL'
    | 'SETGID'
    | 'SETUID'
    | 'SETPCAP'
    | 'LINUX_IMMUTABLE'
    | 'NET_BIND_SERVICE'
    | 'NET_BROADCAST'
    | 'NET_ADMIN'
    | 'NET_RAW'
    | 'IPC_LOCK'
    | 'IPC_OWNER'
    | 'SYS_MODULE'
    | 'SYS_RAWIO'
    | 'SYS_CHROOT'
    | 'SYS_PTRACE'
    | 'SYS_PACCT'
    | 'SYS_ADMIN'
    | 'SYS_BOOT'
    | 'SYS_NICE'
    | 'SYS_RESOURCE'
    | 'SYS_TIME'
    | 'SYS_TTY_CONFIG'
    | 'MKNOD'
    | 'LEASE'
    | 'AUDIT_WRITE'
    | 'AUDIT_CONTROL'
    | 'SETFCAP'
    | 'MAC_OVERRIDE'
    | 'MAC_ADMIN'
    | 'SYSLOG'
    | 'WAKE_ALARM'
    | 'BLOCK_SUSPEND'
    | 'AUDIT_READ'
    | 'PERFMON'
    | 'BPF'
    | 'CHECKPOINT_RESTORE';
  /**
   * When it was seen first.
   */
  readonly firstSeen: string;
  /**
   * How often it was seen.
   */
  readonly count: number;
}
/**
 * One system call on one ABI.
 */
export interface RecordedSyscall {
  /**
   * ABI it was made on.
   */
  readonly architecture: 'x86_64' | 'x86' | 'x32' | 'aarch64' | 'arm';
  /**
   * Name as in the kernel's table, such as openat.
   */
  readonly name: string;
  /**
   * When it was seen first.
   */
  readonly firstSeen: string;
  /**
   * How often it was seen.
   */
  readonly count: number;
}
/**
 * What one node saw the containers of one profile do.
 */
export interface RecordedBehaviorSpec {
  /**
   * Name of the node.
   */
  readonly node: string;
  readonly profile: RecordedProfileReference;
  /**
   * When recording began.
   */
  readonly startedAt: string;
  /**
   * When this object was written last.
   */
  readonly updatedAt: string;
  /**
   * Whether a container was recorded from its first exec on.
   */
  readonly startSeen: boolean;
  /**
   * Whether a container was recorded to its end.
   */
  readonly cleanStop: boolean;
  /**
   * Whether the node has written all of it; only then it may be made a revision and removed.
   */
  readonly finished: boolean;
  /**
   * Whether paths were generalised further than usual, to stay within 512 KiB.
   */
  readonly generalised: boolean;
  /**
   * Containers that were recorded.
   */
  readonly containers?: number;
  /**
   * Programs that were executed.
   *
   * @maxItems 5000
   */
  readonly execs?: readonly RecordedExec[];
  /**
   * File-system objects that were used.
   *
   * @maxItems 20000
   */
  readonly files?: readonly RecordedFile[];
  /**
   * Connections and listeners.
   *
   * @maxItems 5000
   */
  readonly sockets?: readonly RecordedSocket[];
  /**
   * Capabilities that were used.
   *
   * @maxItems 41
   */
  readonly capabilities?: readonly RecordedCapability[];
  /**
   * System calls that were made.
   *
   * @maxItems 2500
   */
  readonly syscalls?: readonly RecordedSyscall[];
  /**
   * Events that the kernel could not deliver, by class; absent or empty: none.
   */
  readonly lost?: {
    /**
     * Number of lost events of this class.
     */
    readonly [k: string]: number;
  };
  /**
   * What was seen that rules cannot hold, or that limits what was seen.
   *
   * @maxItems 64
   */
  readonly notes?: readonly RecordingNote[];
}
/**
 * What one node saw the containers of one recorded profile do; lives only while recording.
 */
export interface RecordedBehavior {
  /**
   * Version of this schema: pinfold.dev/v1alpha1.
   */
  readonly apiVersion: 'pinfold.dev/v1alpha1';
  /**
   * Kind of the object: RecordedBehavior.
   */
  readonly kind: 'RecordedBehavior';
  readonly metadata: ObjectMeta;
  readonly spec: RecordedBehaviorSpec;
}
/**
 * Names a profile.
 */
export interface ProfileReference {
  /**
   * Kind of the profile; a SecurityProfile is looked for in the same namespace.
   */
  readonly kind: 'SecurityProfile' | 'ClusterSecurityProfile';
  /**
   * Name of the profile.
   */
  readonly name: string;
}
/**
 * What is asked for.
 */
export interface SecurityProfileSpec {
  /**
   * Exactly what is in force. Disabled: nothing. Record: behaviour is learned, nothing is denied. Audit: violations are written down, nothing is denied. Enforce: violations are denied.
   */
  readonly mode: 'Disabled' | 'Record' | 'Audit' | 'Enforce';
  readonly selector: WorkloadSelector;
  /**
   * Profiles whose rules are united with these.
   *
   * @maxItems 8
   */
  readonly extends?: readonly ProfileReference[];
  /**
   * A ProfileRevision whose rules are united with these: its name, or Latest.
   */
  readonly baseRevision?: string;
  readonly rules?: Rules;
  /**
   * What happens where a node cannot enforce a part. Refuse: the profile is not put in force there. Audit: what can be enforced is, the rest is observed and written down. Kill: what cannot be denied beforehand is answered by killing the process.
   */
  readonly onDegraded: 'Refuse' | 'Audit' | 'Kill';
  /**
   * How grave a violation is; copied into its records.
   */
  readonly severity: 'Low' | 'Medium' | 'High' | 'Critical';
}
/**
 * What the containers that it selects may do.
 */
export interface SecurityProfile {
  /**
   * Version of this schema: pinfold.dev/v1alpha1.
   */
  readonly apiVersion: 'pinfold.dev/v1alpha1';
  /**
   * Kind of the object: SecurityProfile.
   */
  readonly kind: 'SecurityProfile';
  readonly metadata: ObjectMeta;
  readonly spec: SecurityProfileSpec;
  readonly status?: ProfileStatus;
}
