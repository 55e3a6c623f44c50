/** JSON Schema (2020-12) of one line; docs/audit-record.schema.json is this object, and a test keeps it so. */
import {
  ACCESSES,
  ARCHITECTURES,
  FORBIDDABLE,
  PATH_DOUBTS,
  PROTOCOLS,
  RULE_CLASSES,
} from '../policy/operation.js';
import {
  JUDGING_MODES,
  LIFECYCLE_EVENTS,
  LOSS_PLACES,
  OUTCOMES,
  PROFILE_MODES,
  REASONS,
  RECORD_SCHEMA,
  SEVERITIES,
} from './record.js';

type Schema = Readonly<Record<string, unknown>>;
type Properties = Readonly<Record<string, Schema>>;

const text = (description: string): Schema => ({ type: 'string', description });
const base64 = (description: string): Schema => ({
  type: 'string',
  contentEncoding: 'base64',
  pattern: '^[A-Za-z0-9+/]*={0,2}$',
  description,
});
const whole = (description: string, minimum = 0): Schema => ({
  type: 'integer',
  minimum,
  maximum: Number.MAX_SAFE_INTEGER,
  description,
});
const word = (values: readonly string[], description: string): Schema => ({
  type: 'string',
  enum: values,
  description,
});
const yes = (description: string): Schema => ({ const: true, description });
const time = (description: string): Schema => ({
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z$',
  description,
});
const list = (items: Schema, description: string): Schema => ({
  type: 'array',
  items,
  description,
});

/** An object with exactly these properties. */
const closed = (
  required: readonly string[],
  properties: Properties,
  more: Schema = {},
): Schema => ({ type: 'object', required, properties, additionalProperties: false, ...more });

const base: Properties = {
  schema: { const: RECORD_SCHEMA, description: 'Version of this format.' },
  time: time('When it happened: RFC 3339, UTC, nanoseconds.'),
  node: text('Name of the machine.'),
  truncated: list(
    text('Name of a field.'),
    'Fields shortened or dropped to keep the line in 8 KiB.',
  ),
};

const subject: Properties = {
  profile: text('namespace/name of the profile, or its name alone.'),
  revision: text('Name of the ProfileRevision in force.'),
  generation: whole('Generation of the profile.'),
  slot: whole('Slot of the engine.'),
  cgroup: whole('cgroup id.'),
  pod: text('namespace/name of the pod.'),
  podUid: text('UID of the pod.'),
  container: text('Name of the container.'),
  containerId: text("The runtime's id of the container, or a prefix of it."),
};

const ruleClass = word(RULE_CLASSES, 'Class of rules.');

const path: Properties = {
  path: text('Canonical path below the root of the container.'),
  pathBase64: base64('The same where it is not UTF-8.'),
  doubt: word(PATH_DOUBTS, 'Why the path is only a hint.'),
  deleted: yes('The object had no name left.'),
  fileless: yes('The object never had a name.'),
};
const onePath: Schema = { oneOf: [{ required: ['path'] }, { required: ['pathBase64'] }] };
const endpoint: Properties = {
  protocol: word(PROTOCOLS, 'Transport.'),
  address: text('IPv4 or IPv6 address.'),
  port: { type: 'integer', minimum: 0, maximum: 65535, description: 'Port.' },
};

const rule = closed(['list', 'index', 'text'], {
  list: word(['allow', 'deny'], 'List that holds the rule.'),
  index: whole('Position in that list, from 0.'),
  text: text('The rule as a person writes it.'),
  profile: text('Profile or revision that holds it, where it is not `profile`.'),
  class: ruleClass,
});

const actor = closed(
  ['pid', 'uid'],
  {
    pid: whole('Process id in the root namespace.'),
    tid: whole('Thread id, where it is not the pid.'),
    uid: whole('User id in the root namespace.'),
    exe: text('Canonical path of the running image.'),
    exeBase64: base64('The same where it is not UTF-8.'),
    comm: text("The task's own name for itself."),
    commBase64: base64('The same where it is not UTF-8.'),
    argv: list(text('One argument.'), 'Arguments, redacted; off by default.'),
    argvBase64: list(base64('One argument.'), 'The same where one of them is not UTF-8.'),
  },
  {
    allOf: [
      { oneOf: [{ required: ['exe'] }, { required: ['exeBase64'] }] },
      { oneOf: [{ required: ['comm'] }, { required: ['commBase64'] }] },
      { not: { required: ['argv', 'argvBase64'] } },
    ],
  },
);

const judgement: Properties = {
  ...base,
  kind: { const: 'violation', description: 'An operation that the profile does not allow.' },
  cpu: whole('CPU the event was made on.'),
  seq: whole('Number of the event on that CPU.'),
  outcome: word(OUTCOMES, 'What became of it.'),
  class: ruleClass,
  source: { const: 'argument', description: "The object is the caller's argument, a hint." },
  reason: word(REASONS, 'Why the verdict is not Allow.'),
  errno: text('Error the caller got.'),
  mode: word(JUDGING_MODES, 'Mode of the profile.'),
  severity: word(SEVERITIES, 'Severity the profile gives.'),
  ...subject,
  rule,
  process: actor,
  count: whole('Operations this line stands for.', 1),
  firstTime: time('When the first of them happened.'),
};
const judged = [
  'schema',
  'kind',
  'time',
  'cpu',
  'seq',
  'outcome',
  'class',
  'operation',
  'reason',
  'node',
  'mode',
  'severity',
  'profile',
  'generation',
  'process',
];

const violation = (
  operations: readonly string[],
  required: readonly string[],
  properties: Properties,
  more: Schema = {},
): Schema =>
  closed(
    [...judged, ...required],
    { operation: word(operations, 'What was attempted.'), ...judgement, ...properties },
    more,
  );

const of = (kind: string, description: string): Properties => ({
  kind: { const: kind, description },
});

/** The schema of each kind of record; violations by their operation. */
export const RECORD_SCHEMAS = {
  Exec: violation(['Exec'], [], path, onePath),
  File: violation(
    ['File'],
    ['access'],
    { ...path, access: list(word(ACCESSES, 'One kind of access.'), 'What it was needed for.') },
    onePath,
  ),
  Connect: violation(['Connect'], ['protocol', 'address', 'port'], endpoint),
  Bind: violation(['Bind'], ['protocol', 'address', 'port'], endpoint),
  Capability: violation(['Capability'], ['capability'], { capability: text('Name without CAP_.') }),
  Syscall: violation(['Syscall'], ['architecture', 'syscall'], {
    architecture: word(ARCHITECTURES, 'ABI of the call.'),
    syscall: text('Name of the call.'),
  }),
  Forbidden: violation(['Forbidden'], ['behaviour'], {
    behaviour: word(FORBIDDABLE, 'The behaviour forbidden.'),
  }),
  gap: closed(['schema', 'kind', 'time', 'node', 'code', 'detail'], {
    ...base,
    ...of('gap', 'Something was not judged, or cannot be enforced.'),
    code: text('Code of the condition.'),
    detail: text('What, in words.'),
    class: ruleClass,
    ...subject,
    firstTime: time('When it began.'),
  }),
  lifecycle: closed(['schema', 'kind', 'time', 'node', 'event', 'mode', 'profile', 'generation'], {
    ...base,
    ...of('lifecycle', 'A subject came under a profile, left it, or its mode changed.'),
    event: word(LIFECYCLE_EVENTS, 'Which of these.'),
    mode: word(PROFILE_MODES, 'Mode from now on; with Stop, until now.'),
    previousMode: word(PROFILE_MODES, 'Mode before.'),
    ...subject,
    exitCode: { type: 'integer', minimum: 0, maximum: 255, description: 'Exit status.' },
    signal: text('Signal that ended it.'),
  }),
  loss: closed(['schema', 'kind', 'time', 'node', 'where', 'lost', 'detail'], {
    ...base,
    ...of('loss', 'Records that were not written.'),
    where: word(LOSS_PLACES, 'Where they were lost.'),
    lost: whole('How many.', 1),
    detail: text('Why.'),
    firstTime: time('When the first was lost.'),
  }),
} as const satisfies Readonly<Record<string, Schema>>;

export type RecordShape = keyof typeof RECORD_SCHEMAS;

export const RECORD_JSON_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://pinfold.dev/schemas/audit-record-v1.json',
  title: 'Pinfold audit record',
  description: 'One line of the audit log.',
  oneOf: Object.values(RECORD_SCHEMAS),
};
