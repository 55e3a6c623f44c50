/** An operation as a person types it: `open /etc/shadow`, `connect 10.0.0.1:5432`, `cap NET_RAW`. */
import { nearest, oneOf } from '../../api/suggest.js';
import { PinfoldError } from '../../errors.js';
import { formatAddress, parseAddress } from '../../policy/address.js';
import { CAPABILITIES } from '../../policy/capabilities.js';
import { ACCESSES, FORBIDDABLE } from '../../policy/operation.js';
import type { Access, Architecture, Operation, Protocol } from '../../policy/operation.js';
import { canonicalPath } from '../../policy/paths.js';
import { syscallNames, syscallNumber } from '../../policy/syscalls.js';

export interface OperationOptions {
  /** Comma-separated. */
  readonly access?: string;
  readonly protocol?: Protocol;
  readonly architecture?: Architecture;
}

const usage = (problem: string): PinfoldError => new PinfoldError('UsageError', { problem });

const oneNamed = <Name extends string>(
  what: string,
  word: string,
  known: readonly Name[],
): Name => {
  const found = known.find((name) => name.toLowerCase() === word.toLowerCase());
  if (found !== undefined) return found;
  throw usage(`${what} ${JSON.stringify(word)} is not known; expected ${oneOf(word, known)}`);
};

const accessOf = (list: string): readonly Access[] => [
  ...new Set(list.split(',').map((word) => oneNamed('access', word.trim(), ACCESSES))),
];

/** `10.0.0.1:80`, `[2001:db8::1]:80`, and where `anyAddress` stands in for none `:80` and `80`. */
const ENDPOINT = /^(?:\[(?<v6>[^\]]*)\]:|(?<v4>[^:]*):)?(?<port>\d{1,5})$/;
const HIGHEST_PORT = 65_535;

const endpointOf = (text: string, anyAddress?: string): { address: string; port: number } => {
  const { v6, v4, port = '' } = ENDPOINT.exec(text)?.groups ?? {};
  const given = v6 ?? v4 ?? '';
  const address = parseAddress(given === '' ? (anyAddress ?? '') : given);
  if (address === undefined || port === '' || Number(port) > HIGHEST_PORT)
    throw usage(
      `${JSON.stringify(text)} is no address and port; expected such as 10.0.0.1:443 or [2001:db8::1]:443` +
        (anyAddress === undefined ? '' : ' or :443'),
    );
  return { address: formatAddress(address), port: Number(port) };
};

/** Node names a machine's own ABI otherwise than libseccomp does. */
const OWN_ABI: Readonly<Record<string, Architecture>> = {
  x64: 'x86_64',
  ia32: 'x86',
  arm64: 'aarch64',
  arm: 'arm',
};

const syscallOf = (name: string, architecture: Architecture): Operation => {
  if (syscallNumber(architecture, name) !== undefined)
    return { kind: 'Syscall', architecture, name };
  const near = nearest(name, syscallNames(architecture));
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  throw usage(`${architecture} has no system call ${JSON.stringify(name)}${hint}`);
};

export const OPERATION_WORDS = [
  'exec',
  'open',
  'connect',
  'bind',
  'cap',
  'syscall',
  'forbid',
] as const;
export type OperationWord = (typeof OPERATION_WORDS)[number];

export const isOperationWord = (word: string): word is OperationWord =>
  OPERATION_WORDS.some((known) => known === word);

/** Throws UsageError for what is not known, PathInvalid for a path that is not absolute or goes up. */
export const operationFrom = (
  word: OperationWord,
  object: string,
  { access = 'Read', protocol = 'TCP', architecture }: OperationOptions,
): Operation => {
  switch (word) {
    case 'exec':
      return { kind: 'Exec', object: { path: canonicalPath(object) } };
    case 'open':
      return { kind: 'File', object: { path: canonicalPath(object) }, access: accessOf(access) };
    case 'connect':
      return { kind: 'Connect', protocol, ...endpointOf(object) };
    case 'bind':
      return { kind: 'Bind', protocol, ...endpointOf(object, '0.0.0.0') };
    case 'cap': {
      const name = object.replace(/^cap_/i, '');
      return { kind: 'Capability', capability: oneNamed('capability', name, CAPABILITIES) };
    }
    case 'syscall':
      return syscallOf(object, architecture ?? OWN_ABI[process.arch] ?? 'x86_64');
    case 'forbid':
      return { kind: 'Forbidden', behaviour: oneNamed('behaviour', object, FORBIDDABLE) };
  }
};
