/** What a kernel event says was done or tried, as operations to be judged. */
import type { KernelEvent, KernelPath } from '../bpf/events.js';
import { CAPABILITIES } from '../policy/capabilities.js';
import { REFUSALS } from '../policy/ladder/syscall-families.js';
import type { Access, Forbiddable, Operation } from '../policy/operation.js';
import { syscallName } from '../policy/syscalls.js';
import { abiName, protocolName } from './names.js';
import type { Resolver } from './resolver.js';

export interface Attempt {
  readonly operation: Operation;
  readonly source: 'object' | 'argument';
}

/** Behaviours that a syscall's number alone stands for. */
const FORBIDDEN_BY_NUMBER: ReadonlyMap<string, Forbiddable> = new Map(
  (Object.keys(REFUSALS) as Forbiddable[]).flatMap((behaviour) =>
    REFUSALS[behaviour]
      .filter(({ conditions }) => conditions === undefined)
      .map(({ syscall }) => [syscall, behaviour] as const),
  ),
);

const syscallAttempts = (abi: number, number: number): readonly Attempt[] => {
  const architecture = abiName(abi);
  const name = syscallName(architecture, number);
  if (name === undefined) return [];
  const behaviour = FORBIDDEN_BY_NUMBER.get(name);
  return [
    { operation: { kind: 'Syscall', architecture, name }, source: 'object' },
    ...(behaviour === undefined
      ? []
      : [{ operation: { kind: 'Forbidden', behaviour }, source: 'object' } as const]),
  ];
};

const fileAttempt = (
  path: KernelPath,
  pid: number,
  access: readonly Access[],
  resolve: Resolver,
): readonly Attempt[] =>
  access.length === 0
    ? []
    : [
        {
          operation: { kind: 'File', object: resolve(path, pid), access },
          source: path.argument === undefined ? 'object' : 'argument',
        },
      ];

const execAttempt = (path: KernelPath, pid: number, resolve: Resolver): Attempt => ({
  operation: { kind: 'Exec', object: resolve(path, pid) },
  source: path.argument === undefined ? 'object' : 'argument',
});

const fileAttempts = (
  event: Extract<KernelEvent, { kind: 'File' }>,
  resolve: Resolver,
): readonly Attempt[] => {
  const { header, path, path2, access, access2, execute } = event;
  if (execute) return [execAttempt(path, header.pid, resolve)];
  const first = fileAttempt(path, header.pid, access, resolve);
  return path2 === undefined
    ? first
    : [...first, ...fileAttempt(path2, header.pid, access2, resolve)];
};

const execAttempts = (
  event: Extract<KernelEvent, { kind: 'Exec' }>,
  resolve: Resolver,
): readonly Attempt[] => {
  const { pid } = event.header;
  const program = resolve(event.program, pid);
  const script = event.script === undefined ? undefined : resolve(event.script, pid);
  const scripts =
    script === undefined
      ? []
      : [
          script,
          ...(
            resolve.between?.(script.path, program.path, pid, event.script?.root?.walked) ?? []
          ).map((path) => ({ path })),
        ];
  return [
    ...scripts.map((object): Attempt => ({
      operation: { kind: 'Exec', object },
      source: 'argument',
    })),
    { operation: { kind: 'Exec', object: program }, source: 'object' },
    ...(event.interpreter === undefined
      ? []
      : fileAttempt(event.interpreter, pid, ['MapExecutable'], resolve)),
  ];
};

const denialAttempts = (
  event: Extract<KernelEvent, { kind: 'Denial' }>,
  resolve: Resolver,
): readonly Attempt[] => {
  const { path, path2, access, access2 } = event;
  const { pid } = event.header;
  const attempts = [...syscallAttempts(event.abi, event.syscall)];
  if (path !== undefined && event.execute) attempts.push(execAttempt(path, pid, resolve));
  if (path !== undefined) attempts.push(...fileAttempt(path, pid, access, resolve));
  if (path2 !== undefined) attempts.push(...fileAttempt(path2, pid, access2, resolve));
  // O_CREAT: whether the file would have been made is not known; asked last.
  else if (path !== undefined && access2.length > 0)
    attempts.push(...fileAttempt(path, pid, access2, resolve));
  return attempts;
};

/** In the order in which they were tried; for a denial the first that is not allowed is the reason. */
export const attemptsOf = (event: KernelEvent, resolve: Resolver): readonly Attempt[] => {
  switch (event.kind) {
    case 'Exec':
      return execAttempts(event, resolve);
    case 'File':
      return fileAttempts(event, resolve);
    case 'Denial':
      return denialAttempts(event, resolve);
    case 'Refusal':
      return event.class === 'exec'
        ? [
            {
              operation: { kind: 'Exec', object: resolve(event.path, event.header.pid) },
              source: 'object',
            },
          ]
        : fileAttempt(event.path, event.header.pid, event.refused, resolve);
    case 'Socket': {
      const protocol = protocolName(event.protocol);
      if (protocol === undefined || event.op === 'Listen' || event.op === 'Accept') return [];
      const { address, port } = event;
      const kind = event.op === 'Bind' ? 'Bind' : 'Connect';
      return [{ operation: { kind, protocol, address, port }, source: 'object' }];
    }
    case 'Capability': {
      const capability = CAPABILITIES[event.capability];
      return capability === undefined
        ? []
        : [{ operation: { kind: 'Capability', capability }, source: 'object' }];
    }
    case 'Syscall':
      return syscallAttempts(event.abi, event.syscall);
    case 'Note':
      return event.note === 'IoUring'
        ? [{ operation: { kind: 'Forbidden', behaviour: 'IoUring' }, source: 'object' }]
        : [];
  }
};
