/**
 * Settings of one run: built once from flags and environment, then frozen.
 *
 * | field          | flag        | environment         | default          | why                                    |
 * |----------------|-------------|---------------------|------------------|----------------------------------------|
 * | stateDirectory | --state     | PINFOLD_STATE       | /var/lib/pinfold | where the FHS puts state of a service  |
 * | auditLog       | --audit-log | PINFOLD_AUDIT_LOG   | none             | `auditLogOf`: in the state directory   |
 * | namespace      | -n          | PINFOLD_NAMESPACE   | default          | as kubectl without a context           |
 * | node           | --node      | PINFOLD_NODE        | the host's name  | as the cluster calls this node         |
 * | debug          |             | PINFOLD_DEBUG=1     | off              | stack traces are noise for users       |
 */
import { join, resolve } from 'node:path';
import { nearest } from '../api/suggest.js';
import { PinfoldError } from '../errors.js';

export interface Settings {
  /** Absolute path. */
  readonly stateDirectory: string;
  /** Whether it was named, by flag or environment. */
  readonly stateNamed: boolean;
  /** Absolute path; absent: the command's own default. */
  readonly auditLog?: string;
  readonly namespace: string;
  /** Absent: the host's name. */
  readonly node?: string;
  /** Whether stacks of unexpected errors are shown. */
  readonly debug: boolean;
}

/** The audit log that `up` writes and `logs` reads, where none was named. Absolute path. */
export const auditLogOf = ({ auditLog, stateDirectory }: Settings): string =>
  auditLog ?? join(stateDirectory, 'audit.jsonl');

/** Flags that override the environment. */
export interface SettingFlags {
  readonly state?: string | undefined;
  readonly auditLog?: string | undefined;
  readonly namespace?: string | undefined;
}

const VARIABLES = [
  'PINFOLD_STATE',
  'PINFOLD_AUDIT_LOG',
  'PINFOLD_NAMESPACE',
  'PINFOLD_NODE',
  'PINFOLD_DEBUG',
];

/** In a pod, a Service that is named pinfold… puts these into the environment; they are not ours. */
const OF_A_SERVICE = /^PINFOLD_(?:\w+_)?(?:SERVICE_|PORT(?:_|$))/;

/** What our own tests tell each other by. */
const OF_TESTS = /^PINFOLD_TEST_/;

const OTHERS = [OF_A_SERVICE, OF_TESTS];

type Environment = Readonly<Record<string, string | undefined>>;

const checkNames = (env: Environment): void => {
  const unknown = Object.keys(env)
    .filter((name) => name.startsWith('PINFOLD_') && !OTHERS.some((other) => other.test(name)))
    .find((name) => !VARIABLES.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, VARIABLES);
  const hint = near === undefined ? `known are ${VARIABLES.join(', ')}` : `did you mean ${near}?`;
  throw new PinfoldError('UsageError', {
    problem: `environment variable ${unknown} is not known; ${hint}`,
  });
};

const DEBUG_VALUES: Readonly<Record<string, boolean>> = { '': false, '0': false, '1': true };

const debugOf = (env: Environment): boolean => {
  const value = env.PINFOLD_DEBUG ?? '';
  const debug = DEBUG_VALUES[value];
  if (debug !== undefined) return debug;
  throw new PinfoldError('UsageError', {
    problem: `PINFOLD_DEBUG is ${JSON.stringify(value)}; expected 0 or 1`,
  });
};

/** An empty variable counts as absent, as with most tools; an empty flag is a slip. */
const chosen = (
  flag: string | undefined,
  variable: string | undefined,
  name: string,
): string | undefined => {
  if (flag === '') throw new PinfoldError('UsageError', { problem: `${name} is empty` });
  return flag ?? (variable === '' ? undefined : variable);
};

/** Throws UsageError for a variable that is not known or a value that cannot be used. */
export const settingsOf = (flags: SettingFlags, env: Environment, cwd: string): Settings => {
  checkNames(env);
  const named = chosen(flags.state, env.PINFOLD_STATE, '--state');
  const state = named ?? '/var/lib/pinfold';
  const auditLog = chosen(flags.auditLog, env.PINFOLD_AUDIT_LOG, '--audit-log');
  const node = chosen(undefined, env.PINFOLD_NODE, 'PINFOLD_NODE');
  return Object.freeze({
    ...(node !== undefined && { node }),
    stateDirectory: resolve(cwd, state),
    stateNamed: named !== undefined,
    ...(auditLog !== undefined && { auditLog: resolve(cwd, auditLog) }),
    namespace: chosen(flags.namespace, env.PINFOLD_NAMESPACE, '--namespace') ?? 'default',
    debug: debugOf(env),
  });
};
