// Generated from crds/ by scripts/generate-api.ts: change it there.
import type { JsonSchema, ResourceInfo } from '../schema.js';

const schemaOwnerReference: JsonSchema = {
  type: 'object',
  title: 'OwnerReference',
  description: 'One owner.',
  required: ['apiVersion', 'kind', 'name', 'uid'],
  properties: {
    apiVersion: { type: 'string', description: 'Group and version of the owner.' },
    kind: { type: 'string', description: 'Kind of the owner.' },
    name: { type: 'string', description: 'Name of the owner.' },
    uid: { type: 'string', description: 'Identity of the owner.' },
    controller: { type: 'boolean', description: 'Whether it manages this object.' },
    blockOwnerDeletion: {
      type: 'boolean',
      description: 'Whether the owner waits for this object.',
    },
  },
};

const schemaObjectMeta: JsonSchema = {
  type: 'object',
  title: 'ObjectMeta',
  description: 'Standard metadata of Kubernetes objects.',
  required: ['name'],
  properties: {
    name: {
      type: 'string',
      description:
        'Name, unique for the kind in its namespace: lower-case letters, digits, - and .',
      minLength: 1,
      maxLength: 253,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
    },
    namespace: {
      type: 'string',
      description: 'Namespace; absent for kinds of the whole cluster.',
      minLength: 1,
      maxLength: 63,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
    },
    generateName: { type: 'string', description: 'Prefix of a name that the server makes.' },
    labels: {
      type: 'object',
      description: 'Labels for selection.',
      additionalProperties: { type: 'string', description: 'Value of the label.' },
    },
    annotations: {
      type: 'object',
      description: 'Notes of any kind.',
      additionalProperties: { type: 'string', description: 'Value of the annotation.' },
    },
    uid: { type: 'string', description: 'Identity that the server gave.' },
    resourceVersion: { type: 'string', description: 'Version of the stored object; opaque.' },
    generation: {
      type: 'integer',
      format: 'int64',
      minimum: 0,
      description: 'Raised at each change of spec.',
    },
    creationTimestamp: {
      type: 'string',
      description: 'When the object was created.',
      format: 'date-time',
    },
    deletionTimestamp: {
      type: 'string',
      description: 'When its deletion was asked for.',
      format: 'date-time',
    },
    deletionGracePeriodSeconds: {
      type: 'integer',
      format: 'int64',
      description: 'Seconds until it is removed.',
    },
    finalizers: {
      type: 'array',
      description: 'Who must agree before it is removed.',
      'x-kubernetes-list-type': 'set',
      items: { type: 'string', description: 'Name of a finalizer.' },
    },
    ownerReferences: {
      type: 'array',
      description: 'Objects that this one goes away with.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      items: schemaOwnerReference,
    },
    selfLink: { type: 'string', description: 'Written by old servers.' },
    managedFields: {
      type: 'array',
      description: 'Who set which field; written by the server.',
      items: { type: 'object', description: 'What one manager set.', additionalProperties: true },
    },
  },
};

const schemaLabelSelectorRequirement: JsonSchema = {
  type: 'object',
  title: 'LabelSelectorRequirement',
  description: 'One condition on one label.',
  required: ['key', 'operator'],
  'x-kubernetes-validations': [
    {
      rule: "!(self.operator in ['In', 'NotIn']) || (has(self.values) && self.values.size() > 0)",
      message: 'operator In or NotIn without values; expected at least one value',
    },
    {
      rule: "self.operator in ['In', 'NotIn'] || !has(self.values) || self.values.size() == 0",
      message: 'operator Exists or DoesNotExist with values; expected no values',
    },
  ],
  properties: {
    key: { type: 'string', description: 'Label that is looked at.', minLength: 1, maxLength: 317 },
    operator: {
      type: 'string',
      description: 'How values are applied.',
      enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'],
    },
    values: {
      type: 'array',
      description: 'Values for In and NotIn.',
      'x-kubernetes-list-type': 'set',
      maxItems: 64,
      items: { type: 'string', description: 'Value of the label.', maxLength: 63 },
    },
  },
};

const schemaLabelSelector: JsonSchema = {
  type: 'object',
  title: 'LabelSelector',
  description:
    'A Kubernetes label selector: matchLabels and matchExpressions must both hold; {} matches everything.',
  properties: {
    matchLabels: {
      type: 'object',
      description: 'Labels that must have exactly these values; {} matches everything.',
      maxProperties: 64,
      additionalProperties: { type: 'string', description: 'Value of the label.', maxLength: 63 },
    },
    matchExpressions: {
      type: 'array',
      description: 'Conditions on labels; all must hold.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 64,
      items: schemaLabelSelectorRequirement,
    },
  },
};

const schemaWorkloadSelector: JsonSchema = {
  type: 'object',
  title: 'WorkloadSelector',
  description: 'Containers that the profile holds for; {} is every container in scope.',
  'x-kubernetes-validations': [
    {
      rule: 'has(self.podSelector) || !has(self.containers)',
      message:
        'containers without podSelector; expected podSelector ({} matches every pod in scope)',
    },
  ],
  properties: {
    podSelector: schemaLabelSelector,
    containers: {
      type: 'array',
      description:
        'Names of containers in those pods, also init, sidecar and ephemeral ones; absent: all.',
      'x-kubernetes-list-type': 'set',
      maxItems: 64,
      minItems: 1,
      items: {
        type: 'string',
        description: 'Name of a container.',
        pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
        minLength: 1,
        maxLength: 63,
      },
    },
  },
};

const schemaClusterProfileReference: JsonSchema = {
  type: 'object',
  title: 'ClusterProfileReference',
  description: 'Names a profile.',
  required: ['name'],
  properties: {
    kind: {
      type: 'string',
      description: 'Kind of the profile; a cluster-wide profile extends only its like.',
      enum: ['ClusterSecurityProfile'],
      default: 'ClusterSecurityProfile',
    },
    name: {
      type: 'string',
      description: 'Name of the profile.',
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
      minLength: 1,
      maxLength: 253,
    },
  },
};

const schemaPathPattern: JsonSchema = {
  type: 'string',
  description:
    'Absolute path: literal segments, `*` for one whole segment, `name*` for one segment with that prefix, a trailing `**` for everything below.',
  title: 'PathPattern',
  minLength: 1,
  maxLength: 4095,
  pattern: '^([^/*\\x00]*[*]?/)*([^/*\\x00]*[*]?|[*][*])$',
  'x-kubernetes-validations': [
    {
      rule: "self.startsWith('/')",
      message: 'is not absolute; expected a path that starts with /',
    },
    { rule: "!self.contains('//')", message: 'holds //; expected single slashes' },
    {
      rule: "!self.contains('/../') && !self.endsWith('/..')",
      message: 'holds a .. segment; expected the path without it',
    },
    {
      rule: "!self.contains('/./') && !self.endsWith('/.')",
      message: 'holds a . segment; expected the path without it',
    },
    {
      rule: "self.size() < 2 || !self.endsWith('/')",
      message:
        'ends with /; expected the path without the last slash, or with /** for everything below',
    },
  ],
};

const schemaExecRule: JsonSchema = {
  type: 'object',
  title: 'ExecRule',
  description: 'Names programs.',
  required: ['path'],
  properties: { path: schemaPathPattern },
};

const schemaExecRules: JsonSchema = {
  type: 'object',
  title: 'ExecRules',
  description:
    'Programs that may be executed. A script needs a rule for itself and one for its interpreter.',
  properties: {
    allow: {
      type: 'array',
      description: 'Programs that are allowed; all others are refused.',
      'x-kubernetes-list-type': 'map',
      maxItems: 1000,
      'x-kubernetes-list-map-keys': ['path'],
      items: schemaExecRule,
    },
    deny: {
      type: 'array',
      description: 'Programs that are refused, whatever allow says.',
      'x-kubernetes-list-type': 'map',
      maxItems: 1000,
      'x-kubernetes-list-map-keys': ['path'],
      items: schemaExecRule,
    },
  },
};

const schemaFileAllowRule: JsonSchema = {
  type: 'object',
  title: 'FileAllowRule',
  description: 'Names file-system objects and what they may be used for.',
  required: ['path', 'access'],
  properties: {
    path: schemaPathPattern,
    access: {
      type: 'array',
      description:
        'What is allowed. Read: open for reading, also of directories. Write: open for writing, truncate, connect to a socket. Create: new files, directories, links, sockets, and the new name of a rename. Delete: unlink, rmdir, and the old name of a rename. MapExecutable: executable mappings (libraries). Attributes: mode, owner, times, extended attributes.',
      'x-kubernetes-list-type': 'set',
      maxItems: 6,
      minItems: 1,
      items: {
        type: 'string',
        description: 'One kind of use.',
        enum: ['Read', 'Write', 'Create', 'Delete', 'MapExecutable', 'Attributes'],
      },
    },
  },
};

const schemaFileDenyRule: JsonSchema = {
  type: 'object',
  title: 'FileDenyRule',
  description: 'Names file-system objects and what they may not be used for.',
  required: ['path'],
  properties: {
    path: schemaPathPattern,
    access: {
      type: 'array',
      description: 'What is refused; absent: everything.',
      'x-kubernetes-list-type': 'set',
      maxItems: 6,
      minItems: 1,
      items: {
        type: 'string',
        description: 'One kind of use.',
        enum: ['Read', 'Write', 'Create', 'Delete', 'MapExecutable', 'Attributes'],
      },
    },
  },
};

const schemaFileRules: JsonSchema = {
  type: 'object',
  title: 'FileRules',
  description: 'File-system objects that may be used.',
  properties: {
    allow: {
      type: 'array',
      description: 'Objects that are allowed, one entry for each path; all others are refused.',
      'x-kubernetes-list-type': 'map',
      maxItems: 5000,
      'x-kubernetes-list-map-keys': ['path'],
      items: schemaFileAllowRule,
    },
    deny: {
      type: 'array',
      description: 'Objects that are refused, whatever allow says, one entry for each path.',
      'x-kubernetes-list-type': 'map',
      maxItems: 5000,
      'x-kubernetes-list-map-keys': ['path'],
      items: schemaFileDenyRule,
    },
  },
};

const schemaIPBlock: JsonSchema = {
  type: 'object',
  title: 'IPBlock',
  description: 'A range of addresses with holes.',
  required: ['cidr'],
  'x-kubernetes-validations': [
    {
      rule: "!has(self.except) || self.except.all(e, e.contains(':') == self.cidr.contains(':'))",
      message: 'except holds a range of the other address family; expected the family of cidr',
    },
  ],
  properties: {
    cidr: {
      type: 'string',
      description: 'IPv4 or IPv6 range in CIDR notation, such as 10.0.0.0/8 or 2001:db8::/32.',
      format: 'cidr',
      minLength: 1,
      maxLength: 43,
    },
    except: {
      type: 'array',
      description: 'Ranges inside cidr that do not belong to it.',
      'x-kubernetes-list-type': 'set',
      maxItems: 8,
      items: {
        type: 'string',
        description: 'IPv4 or IPv6 range in CIDR notation, inside cidr.',
        format: 'cidr',
        minLength: 1,
        maxLength: 43,
      },
    },
  },
};

const schemaNetworkPeer: JsonSchema = {
  type: 'object',
  title: 'NetworkPeer',
  description: 'The other side of a connection.',
  required: ['ipBlock'],
  properties: { ipBlock: schemaIPBlock },
};

const schemaNetworkPort: JsonSchema = {
  type: 'object',
  title: 'NetworkPort',
  description: 'A protocol with no, one or a range of ports.',
  'x-kubernetes-validations': [
    {
      rule: '!has(self.endPort) || has(self.port)',
      message: 'endPort without port; expected port as the start of the range',
    },
    {
      rule: '!has(self.endPort) || !has(self.port) || self.endPort >= self.port',
      message: 'endPort is below port; expected endPort >= port',
    },
  ],
  properties: {
    protocol: {
      type: 'string',
      description: 'Transport protocol.',
      enum: ['TCP', 'UDP', 'SCTP'],
      default: 'TCP',
    },
    port: {
      type: 'integer',
      format: 'int32',
      description:
        'Port, or the first of a range; absent: every port of the protocol. Under ingress, 0 is a port that the kernel chooses.',
      minimum: 0,
      maximum: 65535,
    },
    endPort: {
      type: 'integer',
      format: 'int32',
      description: 'Last port of the range, included.',
      minimum: 0,
      maximum: 65535,
    },
  },
};

const schemaEgressRule: JsonSchema = {
  type: 'object',
  title: 'EgressRule',
  description: 'Outgoing connections and datagrams: any of `to` on any of `ports`.',
  properties: {
    to: {
      type: 'array',
      description: 'Destinations; absent or empty: any.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 100,
      items: schemaNetworkPeer,
    },
    ports: {
      type: 'array',
      description: 'Remote ports; absent or empty: any.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 100,
      items: schemaNetworkPort,
    },
  },
};

const schemaIngressRule: JsonSchema = {
  type: 'object',
  title: 'IngressRule',
  description: 'Listening: any of `ports` on the local side, for any of `from`.',
  properties: {
    from: {
      type: 'array',
      description: 'Sources; absent or empty: any.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 100,
      items: schemaNetworkPeer,
    },
    ports: {
      type: 'array',
      description: 'Local ports; absent or empty: any.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 100,
      items: schemaNetworkPort,
    },
  },
};

const schemaNetworkRules: JsonSchema = {
  type: 'object',
  title: 'NetworkRules',
  description: 'Connections, in the shape of NetworkPolicy. Unix sockets are files.',
  properties: {
    egress: {
      type: 'array',
      description: 'Outgoing traffic that is allowed; all other is refused.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 250,
      items: schemaEgressRule,
    },
    ingress: {
      type: 'array',
      description: 'Listening that is allowed; all other is refused.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 250,
      items: schemaIngressRule,
    },
  },
};

const schemaCapabilityRules: JsonSchema = {
  type: 'object',
  title: 'CapabilityRules',
  description: 'Linux capabilities, without CAP_.',
  properties: {
    allow: {
      type: 'array',
      description: 'Capabilities that may be used; all others are refused.',
      'x-kubernetes-list-type': 'set',
      maxItems: 41,
      items: {
        type: 'string',
        description: 'Name without CAP_.',
        enum: [
          'CHOWN',
          'DAC_OVERRIDE',
          'DAC_READ_SEARCH',
          'FOWNER',
          'FSETID',
          'KILL',
          'SETGID',
          'SETUID',
          'SETPCAP',
          'LINUX_IMMUTABLE',
          'NET_BIND_SERVICE',
          'NET_BROADCAST',
          'NET_ADMIN',
          'NET_RAW',
          'IPC_LOCK',
          'IPC_OWNER',
          'SYS_MODULE',
          'SYS_RAWIO',
          'SYS_CHROOT',
          'SYS_PTRACE',
          'SYS_PACCT',
          'SYS_ADMIN',
          'SYS_BOOT',
          'SYS_NICE',
          'SYS_RESOURCE',
          'SYS_TIME',
          'SYS_TTY_CONFIG',
          'MKNOD',
          'LEASE',
          'AUDIT_WRITE',
          'AUDIT_CONTROL',
          'SETFCAP',
          'MAC_OVERRIDE',
          'MAC_ADMIN',
          'SYSLOG',
          'WAKE_ALARM',
          'BLOCK_SUSPEND',
          'AUDIT_READ',
          'PERFMON',
          'BPF',
          'CHECKPOINT_RESTORE',
        ],
      },
    },
    deny: {
      type: 'array',
      description: 'Capabilities that are refused, whatever allow says.',
      'x-kubernetes-list-type': 'set',
      maxItems: 41,
      items: {
        type: 'string',
        description: 'Name without CAP_.',
        enum: [
          'CHOWN',
          'DAC_OVERRIDE',
          'DAC_READ_SEARCH',
          'FOWNER',
          'FSETID',
          'KILL',
          'SETGID',
          'SETUID',
          'SETPCAP',
          'LINUX_IMMUTABLE',
          'NET_BIND_SERVICE',
          'NET_BROADCAST',
          'NET_ADMIN',
          'NET_RAW',
          'IPC_LOCK',
          'IPC_OWNER',
          'SYS_MODULE',
          'SYS_RAWIO',
          'SYS_CHROOT',
          'SYS_PTRACE',
          'SYS_PACCT',
          'SYS_ADMIN',
          'SYS_BOOT',
          'SYS_NICE',
          'SYS_RESOURCE',
          'SYS_TIME',
          'SYS_TTY_CONFIG',
          'MKNOD',
          'LEASE',
          'AUDIT_WRITE',
          'AUDIT_CONTROL',
          'SETFCAP',
          'MAC_OVERRIDE',
          'MAC_ADMIN',
          'SYSLOG',
          'WAKE_ALARM',
          'BLOCK_SUSPEND',
          'AUDIT_READ',
          'PERFMON',
          'BPF',
          'CHECKPOINT_RESTORE',
        ],
      },
    },
  },
};

const schemaSyscallAction: JsonSchema = {
  type: 'object',
  title: 'SyscallAction',
  description: 'What happens to a call that is refused.',
  required: ['action'],
  default: { action: 'Errno', errno: 'EPERM' },
  'x-kubernetes-validations': [
    {
      rule: "self.action != 'Errno' || has(self.errno)",
      message: 'action Errno without errno; expected errno, for example EPERM',
    },
    {
      rule: "self.action == 'Errno' || !has(self.errno)",
      message: 'errno with an action that returns none; expected no errno, or action Errno',
    },
  ],
  properties: {
    action: {
      type: 'string',
      description: 'Errno: the call fails with errno. KillProcess: the process is killed.',
      enum: ['Errno', 'KillProcess'],
    },
    errno: {
      type: 'string',
      description: 'Error that the call returns; with action Errno only.',
      enum: [
        'E2BIG',
        'EACCES',
        'EADDRINUSE',
        'EADDRNOTAVAIL',
        'EAFNOSUPPORT',
        'EAGAIN',
        'EALREADY',
        'EBADF',
        'EBADMSG',
        'EBUSY',
        'ECANCELED',
        'ECHILD',
        'ECONNABORTED',
        'ECONNREFUSED',
        'ECONNRESET',
        'EDEADLK',
        'EDESTADDRREQ',
        'EDOM',
        'EDQUOT',
        'EEXIST',
        'EFAULT',
        'EFBIG',
        'EHOSTUNREACH',
        'EIDRM',
        'EILSEQ',
        'EINPROGRESS',
        'EINTR',
        'EINVAL',
        'EIO',
        'EISCONN',
        'EISDIR',
        'ELOOP',
        'EMFILE',
        'EMLINK',
        'EMSGSIZE',
        'EMULTIHOP',
        'ENAMETOOLONG',
        'ENETDOWN',
        'ENETRESET',
        'ENETUNREACH',
        'ENFILE',
        'ENOBUFS',
        'ENODATA',
        'ENODEV',
        'ENOENT',
        'ENOEXEC',
        'ENOLCK',
        'ENOLINK',
        'ENOMEM',
        'ENOMSG',
        'ENOPROTOOPT',
        'ENOSPC',
        'ENOSR',
        'ENOSTR',
        'ENOSYS',
        'ENOTCONN',
        'ENOTDIR',
        'ENOTEMPTY',
        'ENOTSOCK',
        'ENOTSUP',
        'ENOTTY',
        'ENXIO',
        'EOPNOTSUPP',
        'EOVERFLOW',
        'EPERM',
        'EPIPE',
        'EPROTO',
        'EPROTONOSUPPORT',
        'EPROTOTYPE',
        'ERANGE',
        'EROFS',
        'ESPIPE',
        'ESRCH',
        'ESTALE',
        'ETIME',
        'ETIMEDOUT',
        'ETXTBSY',
        'EWOULDBLOCK',
        'EXDEV',
      ],
    },
  },
};

const schemaSyscallRules: JsonSchema = {
  type: 'object',
  title: 'SyscallRules',
  description: 'System calls by name.',
  'x-kubernetes-validations': [
    {
      rule: 'has(self.architectures) || (!has(self.allow) && !has(self.deny))',
      message:
        'architectures is absent; expected the ABIs that the lists are for, for example [x86_64]',
    },
  ],
  properties: {
    architectures: {
      type: 'array',
      description:
        "ABIs on which allow holds, in libseccomp's names; x86 is ia32 on a 64-bit kernel. Where allow is present, any other ABI is refused. deny holds on every ABI.",
      'x-kubernetes-list-type': 'set',
      maxItems: 5,
      minItems: 1,
      items: {
        type: 'string',
        description: 'One ABI.',
        enum: ['x86_64', 'x86', 'x32', 'aarch64', 'arm'],
      },
    },
    allow: {
      type: 'array',
      description:
        'System calls that are allowed on every one of architectures; all others are refused.',
      'x-kubernetes-list-type': 'set',
      maxItems: 1000,
      items: {
        type: 'string',
        description: "Name as in the kernel's table, such as openat.",
        pattern: '^[a-z0-9_]+$',
        minLength: 1,
        maxLength: 63,
      },
    },
    deny: {
      type: 'array',
      description: 'System calls that are refused, whatever allow says.',
      'x-kubernetes-list-type': 'set',
      maxItems: 1000,
      items: {
        type: 'string',
        description: "Name as in the kernel's table, such as openat.",
        pattern: '^[a-z0-9_]+$',
        minLength: 1,
        maxLength: 63,
      },
    },
    otherwise: schemaSyscallAction,
  },
};

const schemaRules: JsonSchema = {
  type: 'object',
  title: 'Rules',
  description:
    'What the workload may do. A class is an allow-list only where its `allow` (or `egress`, `ingress`: each for itself) is present, also when empty, which allows nothing; with `deny` alone just what it names is refused. Deny wins.',
  'x-kubernetes-validations': [
    {
      rule: '(has(self.exec) && has(self.exec.allow) ? self.exec.allow.size() : 0) + (has(self.exec) && has(self.exec.deny) ? self.exec.deny.size() : 0) + (has(self.files) && has(self.files.allow) ? self.files.allow.size() : 0) + (has(self.files) && has(self.files.deny) ? self.files.deny.size() : 0) + (has(self.network) && has(self.network.egress) ? self.network.egress.size() : 0) + (has(self.network) && has(self.network.ingress) ? self.network.ingress.size() : 0) <= 5000',
      message: 'more than 5000 rules in exec, files and network together; expected at most 5000',
    },
  ],
  properties: {
    exec: schemaExecRules,
    files: schemaFileRules,
    network: schemaNetworkRules,
    capabilities: schemaCapabilityRules,
    syscalls: schemaSyscallRules,
    forbid: {
      type: 'array',
      description: 'Behaviours without an object that are refused.',
      'x-kubernetes-list-type': 'set',
      maxItems: 10,
      items: {
        type: 'string',
        description:
          'Ptrace: attaching to other processes. Mount: mount, umount, pivot_root. Bpf: bpf and perf_event_open. UserNamespaces: new user namespaces. KernelModules: loading modules and firmware. IoUring: io_uring. AnonymousExec: executable memory without a file. FilelessExec: execution from memfd and the like. WrittenExec: execution of files that the container wrote. RawSockets: raw and packet sockets.',
        enum: [
          'Ptrace',
          'Mount',
          'Bpf',
          'UserNamespaces',
          'KernelModules',
          'IoUring',
          'AnonymousExec',
          'FilelessExec',
          'WrittenExec',
          'RawSockets',
        ],
      },
    },
  },
};

const schemaClusterSecurityProfileSpec: JsonSchema = {
  type: 'object',
  title: 'ClusterSecurityProfileSpec',
  description: 'What is asked for.',
  'x-kubernetes-validations': [
    {
      rule: 'has(self.selector) || has(self.cgroups)',
      message:
        'neither selector nor cgroups; expected selector ({} matches every container) or cgroups',
    },
    {
      rule: 'has(self.selector) || !has(self.namespaceSelector)',
      message: 'namespaceSelector without selector; expected selector',
    },
  ],
  properties: {
    mode: {
      type: 'string',
      description:
        'Exactly what is in force. Disabled: nothing. Record: behaviour is learned, nothing is denied. Audit: violations are written down, nothing is denied. Enforce: violations are denied.',
      enum: ['Disabled', 'Record', 'Audit', 'Enforce'],
      default: 'Audit',
    },
    selector: schemaWorkloadSelector,
    namespaceSelector: schemaLabelSelector,
    includeSystemNamespaces: {
      type: 'boolean',
      description:
        "Whether pods of kube-system, kube-node-lease and Pinfold's own namespace are matched.",
      default: false,
    },
    cgroups: {
      type: 'array',
      description: 'Host services, by the absolute path of their cgroup below the cgroup v2 mount.',
      'x-kubernetes-list-type': 'set',
      maxItems: 64,
      minItems: 1,
      items: {
        type: 'string',
        description: 'Path of a cgroup, such as /system.slice/nginx.service.',
        minLength: 1,
        maxLength: 4095,
        pattern: '^[^*\\x00]+$',
        'x-kubernetes-validations': [
          {
            rule: "self.startsWith('/')",
            message: 'is not absolute; expected a path that starts with /',
          },
          { rule: "!self.contains('//')", message: 'holds //; expected single slashes' },
          {
            rule: "!self.contains('/../') && !self.endsWith('/..')",
            message: 'holds a .. segment; expected the path without it',
          },
          {
            rule: "!self.contains('/./') && !self.endsWith('/.')",
            message: 'holds a . segment; expected the path without it',
          },
          {
            rule: "self.size() < 2 || !self.endsWith('/')",
            message: 'ends with /; expected the path without the last slash',
          },
          {
            rule: "self != '/'",
            message: 'is the root cgroup; expected the cgroup of one service',
          },
        ],
      },
    },
    extends: {
      type: 'array',
      description: 'Profiles whose rules are united with these.',
      'x-kubernetes-list-type': 'map',
      maxItems: 8,
      'x-kubernetes-list-map-keys': ['kind', 'name'],
      items: schemaClusterProfileReference,
    },
    baseRevision: {
      type: 'string',
      description: 'A ProfileRevision whose rules are united with these: its name, or Latest.',
      pattern: '^(Latest|[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*)$',
      minLength: 1,
      maxLength: 253,
    },
    rules: schemaRules,
    onDegraded: {
      type: 'string',
      description:
        'What happens where a node cannot enforce a part. Refuse: the profile is not put in force there. Audit: what can be enforced is, the rest is observed and written down. Kill: what cannot be denied beforehand is answered by killing the process.',
      enum: ['Refuse', 'Audit', 'Kill'],
      default: 'Refuse',
    },
    severity: {
      type: 'string',
      description: 'How grave a violation is; copied into its records.',
      enum: ['Low', 'Medium', 'High', 'Critical'],
      default: 'Medium',
    },
  },
};

const schemaProfileCounts: JsonSchema = {
  type: 'object',
  title: 'ProfileCounts',
  description: 'Totals over all nodes.',
  required: ['matchedContainers', 'denied', 'audited', 'gaps'],
  properties: {
    matchedContainers: {
      type: 'integer',
      format: 'int64',
      description: 'Containers that the profile holds for now.',
      minimum: 0,
    },
    denied: { type: 'integer', format: 'int64', description: 'Operations refused.', minimum: 0 },
    audited: {
      type: 'integer',
      format: 'int64',
      description: 'Operations that would have been refused.',
      minimum: 0,
    },
    gaps: {
      type: 'integer',
      format: 'int64',
      description: 'Parts that cannot be enforced, also those that `gaps` has no room for.',
      minimum: 0,
    },
    learned: {
      type: 'integer',
      format: 'int64',
      description: 'Items that the recordings under way hold; absent where nothing is recorded.',
      minimum: 0,
    },
  },
};

const schemaCondition: JsonSchema = {
  type: 'object',
  title: 'Condition',
  description: 'One finding, in the standard form of Kubernetes.',
  required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
  properties: {
    type: {
      type: 'string',
      description:
        'What is found: Accepted (the object is valid and composed), Realized (nodes have it), Enforcing (denials are in force), Degraded (a part cannot be enforced), Incomplete, StartNotSeen, RestartNeeded and others.',
      pattern: '^[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?$',
      minLength: 1,
      maxLength: 316,
    },
    status: {
      type: 'string',
      description: 'Whether it holds.',
      enum: ['True', 'False', 'Unknown'],
    },
    observedGeneration: {
      type: 'integer',
      format: 'int64',
      description: 'metadata.generation that the finding is about.',
      minimum: 0,
    },
    lastTransitionTime: {
      type: 'string',
      format: 'date-time',
      description: 'When status changed last.',
    },
    reason: {
      type: 'string',
      description: 'Why, as one CamelCase word; error codes are used as they are.',
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
      minLength: 1,
      maxLength: 1024,
    },
    message: { type: 'string', description: 'Why, for people.', maxLength: 32768 },
  },
};

const schemaViolation: JsonSchema = {
  type: 'object',
  title: 'Violation',
  description: 'Something the workload did that its profile does not allow.',
  required: ['time', 'action', 'class', 'operation', 'object', 'count'],
  properties: {
    time: { type: 'string', format: 'date-time', description: 'When it was seen last.' },
    action: {
      type: 'string',
      description: 'Denied: it was refused. Audited: it went through and was written down.',
      enum: ['Denied', 'Audited'],
    },
    class: {
      type: 'string',
      description: 'Class of rules that decided.',
      enum: ['exec', 'files', 'egress', 'ingress', 'capabilities', 'syscalls', 'forbid'],
    },
    operation: {
      type: 'string',
      description:
        'What was attempted, such as exec, open, connect or the name of the system call.',
      maxLength: 64,
    },
    object: {
      type: 'string',
      description:
        'What it was attempted on: path, address and port, or name. A segment that is not UTF-8 is shown escaped.',
      maxLength: 4096,
    },
    rule: {
      type: 'string',
      description:
        'Rule that decided, as a person would write it; absent: nothing in the allow-list matched.',
      maxLength: 4200,
    },
    program: { type: 'string', description: 'Program that attempted it.', maxLength: 4096 },
    node: { type: 'string', description: 'Node where it happened.', maxLength: 253 },
    namespace: { type: 'string', description: 'Namespace of the pod.', maxLength: 63 },
    pod: { type: 'string', description: 'Pod it happened in.', maxLength: 253 },
    container: { type: 'string', description: 'Container it happened in.', maxLength: 253 },
    count: {
      type: 'integer',
      format: 'int64',
      description: 'How often since the first time.',
      minimum: 1,
    },
  },
};

const schemaGap: JsonSchema = {
  type: 'object',
  title: 'Gap',
  description: 'A part of the profile that some node cannot enforce.',
  required: ['class', 'item', 'reason', 'message'],
  properties: {
    class: {
      type: 'string',
      description: 'Class of rules it belongs to.',
      enum: ['exec', 'files', 'egress', 'ingress', 'capabilities', 'syscalls', 'forbid'],
    },
    item: {
      type: 'string',
      description: 'The rule, as a person would write it, or `*` for the whole class.',
      maxLength: 4200,
    },
    reason: {
      type: 'string',
      description: 'Why it cannot be enforced, as one CamelCase word.',
      pattern: '^[A-Za-z][A-Za-z0-9]*$',
      minLength: 1,
      maxLength: 64,
    },
    message: {
      type: 'string',
      description: 'Why it cannot be enforced, for people.',
      maxLength: 1024,
    },
    nodes: {
      type: 'integer',
      format: 'int64',
      description: 'Number of nodes that cannot.',
      minimum: 0,
    },
  },
};

const schemaProfileStatus: JsonSchema = {
  type: 'object',
  title: 'ProfileStatus',
  description: 'What the operator and the nodes make of the profile.',
  properties: {
    observedGeneration: {
      type: 'integer',
      format: 'int64',
      description: 'metadata.generation that this status is about.',
      minimum: 0,
    },
    mode: {
      type: 'string',
      description: 'Mode that every node has realised; while they differ, the weakest of them.',
      enum: ['Disabled', 'Record', 'Audit', 'Enforce'],
    },
    phase: {
      type: 'string',
      description:
        'Pending: not every node has it. Active: in force as asked. Recording: in force, learning. Degraded: in force in part, see gaps. Rejected: invalid or refused, see conditions. Disabled: switched off.',
      enum: ['Pending', 'Active', 'Recording', 'Degraded', 'Rejected', 'Disabled'],
    },
    counts: schemaProfileCounts,
    latestRevision: {
      type: 'string',
      description: 'ProfileRevision that `baseRevision: Latest` stands for.',
      maxLength: 253,
    },
    conditions: {
      type: 'array',
      description: 'Latest findings, one for each type.',
      'x-kubernetes-list-type': 'map',
      maxItems: 16,
      'x-kubernetes-list-map-keys': ['type'],
      items: schemaCondition,
    },
    recentViolations: {
      type: 'array',
      description: 'The last violations, newest first.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 10,
      items: schemaViolation,
    },
    gaps: {
      type: 'array',
      description:
        'Parts of the profile that cannot be enforced, at most 100; counts.gaps has their number.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 100,
      items: schemaGap,
    },
  },
};

const schemaClusterSecurityProfile: JsonSchema = {
  title: 'ClusterSecurityProfile',
  type: 'object',
  description:
    'What containers of the whole cluster, or host services, may do: a baseline that no namespace can weaken.',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  properties: {
    apiVersion: {
      type: 'string',
      description: 'Version of this schema: pinfold.dev/v1alpha1.',
      enum: ['pinfold.dev/v1alpha1'],
    },
    kind: {
      type: 'string',
      description: 'Kind of the object: ClusterSecurityProfile.',
      enum: ['ClusterSecurityProfile'],
    },
    metadata: schemaObjectMeta,
    spec: schemaClusterSecurityProfileSpec,
    status: schemaProfileStatus,
  },
};

const schemaNodeKernel: JsonSchema = {
  type: 'object',
  title: 'NodeKernel',
  description: 'The kernel that runs.',
  required: ['release', 'architecture', 'btf', 'cgroup', 'lsms', 'landlockAbi'],
  properties: {
    release: { type: 'string', description: 'As uname -r prints it.', maxLength: 128 },
    architecture: { type: 'string', description: 'As uname -m prints it.', maxLength: 32 },
    btf: { type: 'boolean', description: 'Whether the kernel describes its types.' },
    cgroup: {
      type: 'string',
      description: 'Control group hierarchies that are mounted.',
      enum: ['V1', 'Hybrid', 'V2'],
    },
    lsms: {
      type: 'array',
      description: 'Active security modules.',
      'x-kubernetes-list-type': 'set',
      maxItems: 32,
      items: { type: 'string', description: 'Name of a module.', maxLength: 32 },
    },
    landlockAbi: {
      type: 'integer',
      format: 'int64',
      description: 'Version of Landlock; 0: none.',
      minimum: 0,
    },
  },
};

const schemaNodeAbility: JsonSchema = {
  type: 'object',
  title: 'NodeAbility',
  description: 'One class.',
  required: ['class', 'step', 'mechanism', 'detail'],
  properties: {
    class: {
      type: 'string',
      description: 'Class of rules.',
      enum: ['exec', 'files', 'egress', 'ingress', 'capabilities', 'syscalls', 'forbid'],
    },
    step: {
      type: 'string',
      description:
        "Lsm: denied in the kernel's own hook. Ladder: denied by another mechanism, with gaps. None: only observed.",
      enum: ['Lsm', 'Ladder', 'None'],
    },
    mechanism: {
      type: 'string',
      description: 'What denies, such as landlock, seccomp or cgroup-bpf; empty with None.',
      maxLength: 128,
    },
    detail: { type: 'string', description: 'What it cannot do, for people.', maxLength: 1024 },
  },
};

const schemaShortfall: JsonSchema = {
  type: 'object',
  title: 'Shortfall',
  description: 'Why not all that was asked for is in force here; absent where it is.',
  required: ['reason', 'message'],
  properties: {
    reason: {
      type: 'string',
      description: 'Why, as one CamelCase word; error codes are used as they are.',
      pattern: '^[A-Za-z][A-Za-z0-9]*$',
      minLength: 1,
      maxLength: 64,
    },
    message: { type: 'string', description: 'Why, for people.', maxLength: 4096 },
  },
};

const schemaRealizedProfile: JsonSchema = {
  type: 'object',
  title: 'RealizedProfile',
  description: 'One profile as this node has it.',
  required: ['kind', 'name', 'generation', 'mode', 'containers', 'gaps'],
  properties: {
    kind: {
      type: 'string',
      description: 'Kind of the profile.',
      enum: ['SecurityProfile', 'ClusterSecurityProfile'],
    },
    namespace: {
      type: 'string',
      description: 'Namespace of the profile; empty for a ClusterSecurityProfile.',
      default: '',
      maxLength: 63,
    },
    name: { type: 'string', description: 'Name of the profile.', minLength: 1, maxLength: 253 },
    generation: {
      type: 'integer',
      format: 'int64',
      description: 'metadata.generation that is in force here.',
      minimum: 0,
    },
    mode: {
      type: 'string',
      description: 'Mode that is in force here.',
      enum: ['Disabled', 'Record', 'Audit', 'Enforce'],
    },
    containers: {
      type: 'integer',
      format: 'int64',
      description: 'Containers it holds for.',
      minimum: 0,
    },
    gaps: {
      type: 'integer',
      format: 'int64',
      description: 'Parts that this node cannot enforce.',
      minimum: 0,
    },
    gapList: {
      type: 'array',
      description: 'The first of these parts.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 20,
      items: schemaGap,
    },
    degraded: schemaShortfall,
    denied: {
      type: 'integer',
      format: 'int64',
      description: 'Operations refused here.',
      minimum: 0,
    },
    audited: {
      type: 'integer',
      format: 'int64',
      description: 'Operations that would have been refused here.',
      minimum: 0,
    },
    recentViolations: {
      type: 'array',
      description: 'The last violations, newest first.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 10,
      items: schemaViolation,
    },
  },
};

const schemaNodeTotals: JsonSchema = {
  type: 'object',
  title: 'NodeTotals',
  description:
    "Counters since the node enforcer's objects were loaded; written at most once a minute.",
  required: ['containers', 'denied', 'audited', 'lost'],
  properties: {
    containers: {
      type: 'integer',
      format: 'int64',
      description: 'Containers that some profile holds for.',
      minimum: 0,
    },
    denied: { type: 'integer', format: 'int64', description: 'Operations refused.', minimum: 0 },
    audited: {
      type: 'integer',
      format: 'int64',
      description: 'Operations that would have been refused.',
      minimum: 0,
    },
    lost: { type: 'integer', format: 'int64', description: 'Events lost.', minimum: 0 },
  },
};

const schemaNodeEnforcementStatus: JsonSchema = {
  type: 'object',
  title: 'NodeEnforcementStatus',
  description: 'What the node reports of itself.',
  properties: {
    kernel: schemaNodeKernel,
    abilities: {
      type: 'array',
      description: 'What the node can enforce, by class of rules.',
      'x-kubernetes-list-type': 'map',
      maxItems: 7,
      'x-kubernetes-list-map-keys': ['class'],
      items: schemaNodeAbility,
    },
    profiles: {
      type: 'array',
      description: 'Profiles that hold for containers of this node.',
      'x-kubernetes-list-type': 'map',
      maxItems: 5000,
      'x-kubernetes-list-map-keys': ['kind', 'namespace', 'name'],
      items: schemaRealizedProfile,
    },
    totals: schemaNodeTotals,
    conditions: {
      type: 'array',
      description: 'Latest findings, one for each type.',
      'x-kubernetes-list-type': 'map',
      maxItems: 16,
      'x-kubernetes-list-map-keys': ['type'],
      items: schemaCondition,
    },
  },
};

const schemaNodeEnforcement: JsonSchema = {
  title: 'NodeEnforcement',
  type: 'object',
  description: 'What one node can enforce, and what it does enforce. Named after the node.',
  required: ['apiVersion', 'kind', 'metadata'],
  properties: {
    apiVersion: {
      type: 'string',
      description: 'Version of this schema: pinfold.dev/v1alpha1.',
      enum: ['pinfold.dev/v1alpha1'],
    },
    kind: {
      type: 'string',
      description: 'Kind of the object: NodeEnforcement.',
      enum: ['NodeEnforcement'],
    },
    metadata: schemaObjectMeta,
    status: schemaNodeEnforcementStatus,
  },
};

const schemaRecordedProfileReference: JsonSchema = {
  type: 'object',
  title: 'RecordedProfileReference',
  description: 'Profile that the recording belongs to.',
  required: ['name'],
  properties: {
    kind: {
      type: 'string',
      description: 'Kind of the profile.',
      enum: ['SecurityProfile', 'ClusterSecurityProfile'],
      default: 'SecurityProfile',
    },
    name: {
      type: 'string',
      description: 'Name of the profile.',
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
      minLength: 1,
      maxLength: 253,
    },
    uid: { type: 'string', description: 'metadata.uid of the profile.', maxLength: 128 },
  },
};

const schemaRecordingNote: JsonSchema = {
  type: 'object',
  title: 'RecordingNote',
  description: 'One such observation.',
  required: ['code', 'detail', 'count'],
  properties: {
    code: {
      type: 'string',
      description: 'What it is, as one CamelCase word such as IoUringUsed or PathRaced.',
      pattern: '^[A-Za-z][A-Za-z0-9]*$',
      minLength: 1,
      maxLength: 64,
    },
    detail: { type: 'string', description: 'On what, for people.', maxLength: 4096 },
    count: { type: 'integer', format: 'int64', description: 'How often.', minimum: 1 },
  },
};

const schemaRevisionProvenance: JsonSchema = {
  type: 'object',
  title: 'RevisionProvenance',
  description: 'What the rules were learned from.',
  required: ['recordedFrom', 'recordedUntil', 'containers', 'events'],
  properties: {
    recordedFrom: {
      type: 'string',
      format: 'date-time',
      description: 'When the first behaviour was seen.',
    },
    recordedUntil: {
      type: 'string',
      format: 'date-time',
      description: 'When the last behaviour was seen.',
    },
    containers: {
      type: 'integer',
      format: 'int64',
      description: 'Containers that were recorded.',
      minimum: 0,
    },
    nodes: {
      type: 'array',
      description: 'Nodes that recorded; at most 100 are named.',
      'x-kubernetes-list-type': 'set',
      maxItems: 100,
      items: { type: 'string', description: 'Name of a node.', minLength: 1, maxLength: 253 },
    },
    events: {
      type: 'integer',
      format: 'int64',
      description: 'Events that the rules were made from.',
      minimum: 0,
    },
    startNotSeen: {
      type: 'boolean',
      description:
        'No container was recorded from its first exec on: the rules would break the next start.',
      default: false,
    },
    cleanStop: {
      type: 'boolean',
      description: 'A container was recorded to its end.',
      default: false,
    },
    incomplete: {
      type: 'boolean',
      description: 'Events were lost: the rules may lack something.',
      default: false,
    },
    lost: {
      type: 'object',
      description: 'Events that the kernel could not deliver, by class; absent or empty: none.',
      maxProperties: 32,
      additionalProperties: {
        type: 'integer',
        format: 'int64',
        description: 'Number of lost events of this class.',
        minimum: 0,
      },
    },
    notes: {
      type: 'array',
      description: 'What was seen that rules cannot hold, or that limits what was seen.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 64,
      items: schemaRecordingNote,
    },
  },
};

const schemaProfileRevisionSpec: JsonSchema = {
  type: 'object',
  title: 'ProfileRevisionSpec',
  description: 'Rules that were learned, and from what. Never changes.',
  required: ['profile', 'hash', 'rules', 'provenance'],
  'x-kubernetes-validations': [
    {
      rule: 'self == oldSelf',
      message:
        'differs from what was stored; expected no change: a revision is immutable, create another',
    },
  ],
  properties: {
    profile: schemaRecordedProfileReference,
    hash: {
      type: 'string',
      description: 'SHA-256 of the rules in canonical form.',
      pattern: '^sha256:[0-9a-f]{64}$',
      minLength: 71,
      maxLength: 71,
    },
    rules: schemaRules,
    provenance: schemaRevisionProvenance,
  },
};

const schemaProfileRevision: JsonSchema = {
  title: 'ProfileRevision',
  type: 'object',
  description: 'Rules that a recording led to, named after their content.',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  properties: {
    apiVersion: {
      type: 'string',
      description: 'Version of this schema: pinfold.dev/v1alpha1.',
      enum: ['pinfold.dev/v1alpha1'],
    },
    kind: {
      type: 'string',
      description: 'Kind of the object: ProfileRevision.',
      enum: ['ProfileRevision'],
    },
    metadata: schemaObjectMeta,
    spec: schemaProfileRevisionSpec,
  },
};

const schemaRecordedExec: JsonSchema = {
  type: 'object',
  title: 'RecordedExec',
  description: 'One program.',
  required: ['path', 'firstSeen', 'count'],
  properties: {
    path: {
      type: 'string',
      description: 'Path of the program; a segment that is not UTF-8 is written `*`.',
      minLength: 1,
      maxLength: 4095,
    },
    interpreter: {
      type: 'string',
      description: 'Interpreter that the kernel loaded for it.',
      minLength: 1,
      maxLength: 4095,
    },
    script: { type: 'boolean', description: 'It is a script.', default: false },
    fileless: {
      type: 'boolean',
      description: 'It never had a name, such as a memfd.',
      default: false,
    },
    deleted: {
      type: 'boolean',
      description: 'It had no name left when it was executed.',
      default: false,
    },
    firstSeen: { type: 'string', format: 'date-time', description: 'When it was seen first.' },
    count: { type: 'integer', format: 'int64', description: 'How often it was seen.', minimum: 1 },
  },
};

const schemaRecordedFile: JsonSchema = {
  type: 'object',
  title: 'RecordedFile',
  description: 'One object.',
  required: ['path', 'access', 'firstSeen', 'count'],
  properties: {
    path: {
      type: 'string',
      description: 'Path of the object; a segment that is not UTF-8 is written `*`.',
      minLength: 1,
      maxLength: 4095,
    },
    access: {
      type: 'array',
      description: 'What it was used for.',
      'x-kubernetes-list-type': 'set',
      maxItems: 6,
      minItems: 1,
      items: {
        type: 'string',
        description: 'One kind of use.',
        enum: ['Read', 'Write', 'Create', 'Delete', 'MapExecutable', 'Attributes'],
      },
    },
    directory: { type: 'boolean', description: 'It is a directory.', default: false },
    fromArgument: {
      type: 'boolean',
      description: "The path was resolved from the caller's argument, not from the object.",
      default: false,
    },
    firstSeen: { type: 'string', format: 'date-time', description: 'When it was seen first.' },
    count: { type: 'integer', format: 'int64', description: 'How often it was seen.', minimum: 1 },
  },
};

const schemaRecordedSocket: JsonSchema = {
  type: 'object',
  title: 'RecordedSocket',
  description: 'One peer or local address.',
  required: ['direction', 'protocol', 'address', 'port', 'firstSeen', 'count'],
  properties: {
    direction: {
      type: 'string',
      description: 'Egress: a connection or datagram to address. Ingress: a bind to address.',
      enum: ['Egress', 'Ingress'],
    },
    protocol: { type: 'string', description: 'Transport protocol.', enum: ['TCP', 'UDP', 'SCTP'] },
    address: { type: 'string', description: 'IPv4 or IPv6 address.', minLength: 1, maxLength: 45 },
    port: {
      type: 'integer',
      format: 'int32',
      description: 'Port; 0 under Ingress: chosen by the kernel.',
      minimum: 0,
      maximum: 65535,
    },
    firstSeen: { type: 'string', format: 'date-time', description: 'When it was seen first.' },
    count: { type: 'integer', format: 'int64', description: 'How often it was seen.', minimum: 1 },
  },
};

const schemaRecordedCapability: JsonSchema = {
  type: 'object',
  title: 'RecordedCapability',
  description: 'One capability.',
  required: ['name', 'firstSeen', 'count'],
  properties: {
    name: {
      type: 'string',
      description: 'Name without CAP_.',
      enum: [
        'CHOWN',
        'DAC_OVERRIDE',
        'DAC_READ_SEARCH',
        'FOWNER',
        'FSETID',
        'KILL',
        'SETGID',
        'SETUID',
        'SETPCAP',
        'LINUX_IMMUTABLE',
        'NET_BIND_SERVICE',
        'NET_BROADCAST',
        'NET_ADMIN',
        'NET_RAW',
        'IPC_LOCK',
        'IPC_OWNER',
        'SYS_MODULE',
        'SYS_RAWIO',
        'SYS_CHROOT',
        'SYS_PTRACE',
        'SYS_PACCT',
        'SYS_ADMIN',
        'SYS_BOOT',
        'SYS_NICE',
        'SYS_RESOURCE',
        'SYS_TIME',
        'SYS_TTY_CONFIG',
        'MKNOD',
        'LEASE',
        'AUDIT_WRITE',
        'AUDIT_CONTROL',
        'SETFCAP',
        'MAC_OVERRIDE',
        'MAC_ADMIN',
        'SYSLOG',
        'WAKE_ALARM',
        'BLOCK_SUSPEND',
        'AUDIT_READ',
        'PERFMON',
        'BPF',
        'CHECKPOINT_RESTORE',
      ],
    },
    firstSeen: { type: 'string', format: 'date-time', description: 'When it was seen first.' },
    count: { type: 'integer', format: 'int64', description: 'How often it was seen.', minimum: 1 },
  },
};

const schemaRecordedSyscall: JsonSchema = {
  type: 'object',
  title: 'RecordedSyscall',
  description: 'One system call on one ABI.',
  required: ['architecture', 'name', 'firstSeen', 'count'],
  properties: {
    architecture: {
      type: 'string',
      description: 'ABI it was made on.',
      enum: ['x86_64', 'x86', 'x32', 'aarch64', 'arm'],
    },
    name: {
      type: 'string',
      description: "Name as in the kernel's table, such as openat.",
      pattern: '^[a-z0-9_]+$',
      minLength: 1,
      maxLength: 63,
    },
    firstSeen: { type: 'string', format: 'date-time', description: 'When it was seen first.' },
    count: { type: 'integer', format: 'int64', description: 'How often it was seen.', minimum: 1 },
  },
};

const schemaRecordedBehaviorSpec: JsonSchema = {
  type: 'object',
  title: 'RecordedBehaviorSpec',
  description: 'What one node saw the containers of one profile do.',
  required: ['node', 'profile', 'startedAt', 'updatedAt'],
  properties: {
    node: { type: 'string', description: 'Name of the node.', minLength: 1, maxLength: 253 },
    profile: schemaRecordedProfileReference,
    startedAt: { type: 'string', format: 'date-time', description: 'When recording began.' },
    updatedAt: {
      type: 'string',
      format: 'date-time',
      description: 'When this object was written last.',
    },
    startSeen: {
      type: 'boolean',
      description: 'Whether a container was recorded from its first exec on.',
      default: false,
    },
    cleanStop: {
      type: 'boolean',
      description: 'Whether a container was recorded to its end.',
      default: false,
    },
    finished: {
      type: 'boolean',
      description:
        'Whether the node has written all of it; only then it may be made a revision and removed.',
      default: false,
    },
    generalised: {
      type: 'boolean',
      description: 'Whether paths were generalised further than usual, to stay within 512 KiB.',
      default: false,
    },
    containers: {
      type: 'integer',
      format: 'int64',
      description: 'Containers that were recorded.',
      minimum: 0,
    },
    execs: {
      type: 'array',
      description: 'Programs that were executed.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 5000,
      items: schemaRecordedExec,
    },
    files: {
      type: 'array',
      description: 'File-system objects that were used.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 20000,
      items: schemaRecordedFile,
    },
    sockets: {
      type: 'array',
      description: 'Connections and listeners.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 5000,
      items: schemaRecordedSocket,
    },
    capabilities: {
      type: 'array',
      description: 'Capabilities that were used.',
      'x-kubernetes-list-type': 'map',
      maxItems: 41,
      'x-kubernetes-list-map-keys': ['name'],
      items: schemaRecordedCapability,
    },
    syscalls: {
      type: 'array',
      description: 'System calls that were made.',
      'x-kubernetes-list-type': 'map',
      maxItems: 2500,
      'x-kubernetes-list-map-keys': ['architecture', 'name'],
      items: schemaRecordedSyscall,
    },
    lost: {
      type: 'object',
      description: 'Events that the kernel could not deliver, by class; absent or empty: none.',
      maxProperties: 32,
      additionalProperties: {
        type: 'integer',
        format: 'int64',
        description: 'Number of lost events of this class.',
        minimum: 0,
      },
    },
    notes: {
      type: 'array',
      description: 'What was seen that rules cannot hold, or that limits what was seen.',
      'x-kubernetes-list-type': 'atomic',
      maxItems: 64,
      items: schemaRecordingNote,
    },
  },
};

const schemaRecordedBehavior: JsonSchema = {
  title: 'RecordedBehavior',
  type: 'object',
  description:
    'What one node saw the containers of one recorded profile do; lives only while recording.',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  properties: {
    apiVersion: {
      type: 'string',
      description: 'Version of this schema: pinfold.dev/v1alpha1.',
      enum: ['pinfold.dev/v1alpha1'],
    },
    kind: {
      type: 'string',
      description: 'Kind of the object: RecordedBehavior.',
      enum: ['RecordedBehavior'],
    },
    metadata: schemaObjectMeta,
    spec: schemaRecordedBehaviorSpec,
  },
};

const schemaProfileReference: JsonSchema = {
  type: 'object',
  title: 'ProfileReference',
  description: 'Names a profile.',
  required: ['name'],
  properties: {
    kind: {
      type: 'string',
      description: 'Kind of the profile; a SecurityProfile is looked for in the same namespace.',
      enum: ['SecurityProfile', 'ClusterSecurityProfile'],
      default: 'SecurityProfile',
    },
    name: {
      type: 'string',
      description: 'Name of the profile.',
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
      minLength: 1,
      maxLength: 253,
    },
  },
};

const schemaSecurityProfileSpec: JsonSchema = {
  type: 'object',
  title: 'SecurityProfileSpec',
  description: 'What is asked for.',
  required: ['selector'],
  properties: {
    mode: {
      type: 'string',
      description:
        'Exactly what is in force. Disabled: nothing. Record: behaviour is learned, nothing is denied. Audit: violations are written down, nothing is denied. Enforce: violations are denied.',
      enum: ['Disabled', 'Record', 'Audit', 'Enforce'],
      default: 'Audit',
    },
    selector: schemaWorkloadSelector,
    extends: {
      type: 'array',
      description: 'Profiles whose rules are united with these.',
      'x-kubernetes-list-type': 'map',
      maxItems: 8,
      'x-kubernetes-list-map-keys': ['kind', 'name'],
      items: schemaProfileReference,
    },
    baseRevision: {
      type: 'string',
      description: 'A ProfileRevision whose rules are united with these: its name, or Latest.',
      pattern: '^(Latest|[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*)$',
      minLength: 1,
      maxLength: 253,
    },
    rules: schemaRules,
    onDegraded: {
      type: 'string',
      description:
        'What happens where a node cannot enforce a part. Refuse: the profile is not put in force there. Audit: what can be enforced is, the rest is observed and written down. Kill: what cannot be denied beforehand is answered by killing the process.',
      enum: ['Refuse', 'Audit', 'Kill'],
      default: 'Refuse',
    },
    severity: {
      type: 'string',
      description: 'How grave a violation is; copied into its records.',
      enum: ['Low', 'Medium', 'High', 'Critical'],
      default: 'Medium',
    },
  },
};

const schemaSecurityProfile: JsonSchema = {
  title: 'SecurityProfile',
  type: 'object',
  description: 'What the containers that it selects may do.',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  properties: {
    apiVersion: {
      type: 'string',
      description: 'Version of this schema: pinfold.dev/v1alpha1.',
      enum: ['pinfold.dev/v1alpha1'],
    },
    kind: {
      type: 'string',
      description: 'Kind of the object: SecurityProfile.',
      enum: ['SecurityProfile'],
    },
    metadata: schemaObjectMeta,
    spec: schemaSecurityProfileSpec,
    status: schemaProfileStatus,
  },
};

export const RESOURCES = {
  ClusterSecurityProfile: {
    kind: 'ClusterSecurityProfile',
    plural: 'clustersecurityprofiles',
    singular: 'clustersecurityprofile',
    shortNames: ['csp'],
    scope: 'Cluster',
    columns: [
      {
        name: 'Mode',
        type: 'string',
        jsonPath: '.spec.mode',
        description: 'Mode that is asked for.',
      },
      {
        name: 'Phase',
        type: 'string',
        jsonPath: '.status.phase',
        description: 'Where the profile stands.',
      },
      {
        name: 'Matched',
        type: 'integer',
        jsonPath: '.status.counts.matchedContainers',
        description: 'Containers that the profile holds for.',
      },
      {
        name: 'Learned',
        type: 'integer',
        jsonPath: '.status.counts.learned',
        description: 'Items that the recordings under way hold.',
      },
      {
        name: 'Denied',
        type: 'integer',
        jsonPath: '.status.counts.denied',
        description: 'Operations refused.',
      },
      {
        name: 'Audited',
        type: 'integer',
        jsonPath: '.status.counts.audited',
        description: 'Operations that would have been refused.',
        priority: 1,
      },
      {
        name: 'Severity',
        type: 'string',
        jsonPath: '.spec.severity',
        description: 'How grave a violation is.',
        priority: 1,
      },
      {
        name: 'Age',
        type: 'date',
        jsonPath: '.metadata.creationTimestamp',
        description: 'Time since the object was created.',
      },
    ],
    schema: schemaClusterSecurityProfile,
  },
  NodeEnforcement: {
    kind: 'NodeEnforcement',
    plural: 'nodeenforcements',
    singular: 'nodeenforcement',
    shortNames: ['ne'],
    scope: 'Cluster',
    columns: [
      {
        name: 'Kernel',
        type: 'string',
        jsonPath: '.status.kernel.release',
        description: 'Kernel that runs.',
      },
      {
        name: 'Enforcing',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Enforcing")].status',
        description: 'Whether denials are in force.',
      },
      {
        name: 'Containers',
        type: 'integer',
        jsonPath: '.status.totals.containers',
        description: 'Containers that some profile holds for.',
      },
      {
        name: 'Denied',
        type: 'integer',
        jsonPath: '.status.totals.denied',
        description: 'Operations refused.',
      },
      {
        name: 'Lost',
        type: 'integer',
        jsonPath: '.status.totals.lost',
        description: 'Events lost.',
        priority: 1,
      },
      {
        name: 'Age',
        type: 'date',
        jsonPath: '.metadata.creationTimestamp',
        description: 'Time since the object was created.',
      },
    ],
    schema: schemaNodeEnforcement,
  },
  ProfileRevision: {
    kind: 'ProfileRevision',
    plural: 'profilerevisions',
    singular: 'profilerevision',
    shortNames: ['prev'],
    scope: 'Namespaced',
    columns: [
      {
        name: 'Profile',
        type: 'string',
        jsonPath: '.spec.profile.name',
        description: 'Profile it belongs to.',
      },
      {
        name: 'Incomplete',
        type: 'boolean',
        jsonPath: '.spec.provenance.incomplete',
        description: 'Whether events were lost.',
      },
      {
        name: 'StartNotSeen',
        type: 'boolean',
        jsonPath: '.spec.provenance.startNotSeen',
        description: 'Whether no start was recorded.',
      },
      {
        name: 'Containers',
        type: 'integer',
        jsonPath: '.spec.provenance.containers',
        description: 'Containers that were recorded.',
      },
      {
        name: 'Age',
        type: 'date',
        jsonPath: '.metadata.creationTimestamp',
        description: 'Time since the object was created.',
      },
    ],
    schema: schemaProfileRevision,
  },
  RecordedBehavior: {
    kind: 'RecordedBehavior',
    plural: 'recordedbehaviors',
    singular: 'recordedbehavior',
    shortNames: ['rb'],
    scope: 'Namespaced',
    columns: [
      {
        name: 'Profile',
        type: 'string',
        jsonPath: '.spec.profile.name',
        description: 'Profile it belongs to.',
      },
      { name: 'Node', type: 'string', jsonPath: '.spec.node', description: 'Node that recorded.' },
      {
        name: 'Updated',
        type: 'date',
        jsonPath: '.spec.updatedAt',
        description: 'When it was written last.',
      },
      {
        name: 'Age',
        type: 'date',
        jsonPath: '.metadata.creationTimestamp',
        description: 'Time since the object was created.',
      },
    ],
    schema: schemaRecordedBehavior,
  },
  SecurityProfile: {
    kind: 'SecurityProfile',
    plural: 'securityprofiles',
    singular: 'securityprofile',
    shortNames: ['sp'],
    scope: 'Namespaced',
    columns: [
      {
        name: 'Mode',
        type: 'string',
        jsonPath: '.spec.mode',
        description: 'Mode that is asked for.',
      },
      {
        name: 'Phase',
        type: 'string',
        jsonPath: '.status.phase',
        description: 'Where the profile stands.',
      },
      {
        name: 'Matched',
        type: 'integer',
        jsonPath: '.status.counts.matchedContainers',
        description: 'Containers that the profile holds for.',
      },
      {
        name: 'Learned',
        type: 'integer',
        jsonPath: '.status.counts.learned',
        description: 'Items that the recordings under way hold.',
      },
      {
        name: 'Denied',
        type: 'integer',
        jsonPath: '.status.counts.denied',
        description: 'Operations refused.',
      },
      {
        name: 'Audited',
        type: 'integer',
        jsonPath: '.status.counts.audited',
        description: 'Operations that would have been refused.',
        priority: 1,
      },
      {
        name: 'Severity',
        type: 'string',
        jsonPath: '.spec.severity',
        description: 'How grave a violation is.',
        priority: 1,
      },
      {
        name: 'Age',
        type: 'date',
        jsonPath: '.metadata.creationTimestamp',
        description: 'Time since the object was created.',
      },
    ],
    schema: schemaSecurityProfile,
  },
} as const satisfies Readonly<Record<string, ResourceInfo>>;
