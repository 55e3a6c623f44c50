/** Truth from a directory of `strace -ff` files: everything from the program's first exec on. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Access } from '../../../src/policy/operation.js';
import { emptyItems } from '../items.js';
import type { ItemSets, Truth } from '../items.js';
import { architectures, entryName } from './abi.js';
import { loadedFor } from './executables.js';
import { descriptor, parseLine, quoted } from './line.js';
import type { Call } from './line.js';
import { follows, targetsOf } from './names.js';
import { bytesOf, itemPath, Process } from './process.js';
import { inetItems, unixPath } from './sockets.js';

interface Derivation {
  readonly required: ItemSets;
  readonly possible: ItemSets;
}

const needs = (set: ItemSets, path: string, access: Access): void => {
  set.files.add(`${itemPath(path)} ${access}`);
};

/** Succeeded, as far as a number or a descriptor came back. */
const succeeded = ({ result }: Call): boolean => result !== undefined && /^\d/.test(result);

const openFlags = (call: Call): string =>
  call.name === 'creat'
    ? 'O_WRONLY|O_CREAT|O_TRUNC'
    : (call.arguments.find((each) => /\bO_(?:RDONLY|WRONLY|RDWR|ACCMODE)\b/.test(each)) ?? '');

const opened = (call: Call, { required, possible }: Derivation): void => {
  const target = descriptor(call.result);
  if (target === undefined) return;
  const path = bytesOf(target.target);
  // Pipes, sockets and the like have no path; a memfd has one that is no name of a file.
  if (!path.startsWith('/') || (target.deleted && path.startsWith('/memfd:'))) return;
  const flags = openFlags(call);
  if (flags.includes('O_PATH')) return;
  if (/O_RDONLY|O_RDWR/.test(flags)) needs(required, path, 'Read');
  if (/O_WRONLY|O_RDWR|O_TRUNC/.test(flags)) needs(required, path, 'Write');
  if (flags.includes('O_TMPFILE')) needs(possible, path, 'Create');
  else if (flags.includes('O_EXCL') && flags.includes('O_CREAT')) needs(required, path, 'Create');
  else if (flags.includes('O_CREAT')) needs(possible, path, 'Create');
};

const mapped = (call: Call, { required }: Derivation): void => {
  const [, , protection = '', flags = '', file] = call.arguments;
  const target = descriptor(file);
  if (!protection.includes('PROT_EXEC') || flags.includes('MAP_ANONYMOUS') || target === undefined)
    return;
  const path = bytesOf(target.target);
  if (path.startsWith('/') && !path.startsWith('/memfd:')) needs(required, path, 'MapExecutable');
};

const acted = (call: Call, process: Process, { required }: Derivation): void => {
  for (const target of targetsOf(call.name, call.arguments)) {
    const directory = target.directory === undefined ? undefined : call.arguments[target.directory];
    const name = target.path === undefined ? undefined : quoted(call.arguments[target.path]);
    if (name === undefined || name === '') {
      const itself = descriptor(directory);
      if (itself === undefined || !bytesOf(itself.target).startsWith('/')) continue;
      needs(required, bytesOf(itself.target), target.access);
    } else
      needs(
        required,
        process.object(name, directory, follows(target, call.arguments)),
        target.access,
      );
  }
};

const executed = (call: Call, process: Process, { required }: Derivation): void => {
  const isAt = call.name === 'execveat';
  const name = quoted(call.arguments[isAt ? 1 : 0]) ?? '';
  const directory = isAt ? call.arguments[0] : undefined;
  const own = descriptor(directory);
  const path =
    name === '' && own !== undefined ? bytesOf(own.target) : process.object(name, directory, true);
  if (path.startsWith('/memfd:')) return;
  const loaded = loadedFor(path);
  for (const each of loaded.executed) required.execs.add(itemPath(each));
  if (loaded.interpreter !== undefined) needs(required, loaded.interpreter, 'MapExecutable');
  process.exe = loaded.executed.at(-1) ?? path;
};

const isOpen = ({ name }: Call): boolean => /^open(?:at2?)?$|^creat$/.test(name);

/** Failed with an error that comes after every permission was asked for: needed all the same. */
const permitted = (call: Call, process: Process, derivation: Derivation): void => {
  const error = /^-1 (E[A-Z0-9]+)/.exec(call.result ?? '')?.[1] ?? '';
  if (isOpen(call) && ['ENXIO', 'ENODEV', 'EBUSY', 'EIO', 'EOVERFLOW'].includes(error)) {
    const at = call.name.startsWith('openat') ? 1 : 0;
    const name = quoted(call.arguments[at]);
    if (name === undefined) return;
    const flags = openFlags(call);
    const path = process.object(name, at === 1 ? call.arguments[0] : undefined, true);
    if (/O_RDONLY|O_RDWR/.test(flags)) needs(derivation.required, path, 'Read');
    if (/O_WRONLY|O_RDWR|O_TRUNC/.test(flags)) needs(derivation.required, path, 'Write');
  } else if (['ENOTEMPTY', 'EISDIR', 'EBUSY'].includes(error)) acted(call, process, derivation);
};

const done = (call: Call, process: Process, derivation: Derivation): void => {
  if (isOpen(call)) opened(call, derivation);
  else if (/^(?:old_)?mmap2?$/.test(call.name)) mapped(call, derivation);
  else if (/^execve(?:at)?$/.test(call.name)) executed(call, process, derivation);
  else acted(call, process, derivation);
  const unix = unixPath(call, process);
  if (unix !== undefined) needs(derivation.required, unix.path, unix.access);
};

const callsOf = (file: string): readonly Call[] =>
  readFileSync(file, 'latin1')
    .split('\n')
    .map(parseLine)
    .filter((call) => call !== undefined);

const isLauncher = (call: Call): boolean => call.arguments[0]?.endsWith('pinfold-launch"') === true;

/** The calls of each traced thread by its id. */
const threadsOf = (directory: string, base: string): ReadonlyMap<number, readonly Call[]> =>
  new Map(
    readdirSync(directory)
      .filter((name) => name.startsWith(`${base}.`))
      .map((name) => [Number(name.slice(base.length + 1)), callsOf(join(directory, name))]),
  );

/** What the launcher does before the exec of the program is not the program's. */
const withoutLauncher = (calls: readonly Call[]): readonly Call[] =>
  calls.slice(
    calls.findIndex((call) => call.name === 'execve' && succeeded(call) && !isLauncher(call)),
  );

/**
 * What a command did that was started by the launcher under `strace -ff -n -yy -o DIRECTORY/BASE`
 * in the directory `cwd`. @throws Error when the traces do not hang together
 */
export const deriveTruth = (directory: string, base: string, cwd: string): Truth => {
  const derivation: Derivation = { required: emptyItems(), possible: emptyItems() };
  const threads = new Map(threadsOf(directory, base));
  const root = [...threads].find(([, [first]]) => first !== undefined && isLauncher(first))?.[0];
  if (root === undefined) throw new Error('strace saw no launcher');
  const waiting = [new Process(root, { cwd, exe: '' })];
  // Whose child executed, and so ended it, before the call that made the child came back.
  const unreturned: Process[] = [];
  const next = (): Process | undefined => {
    const parent = unreturned[0];
    const [orphan] = threads.keys();
    return (
      waiting.shift() ??
      (parent === undefined || orphan === undefined ? undefined : new Process(orphan, parent))
    );
  };
  for (let process = next(); process !== undefined; process = next()) {
    const all = threads.get(process.pid) ?? []; // none: ended before its first call
    threads.delete(process.pid);
    const calls = process.pid === root ? withoutLauncher(all) : all;
    const abis = architectures(calls);
    for (const [index, call] of calls.entries()) {
      // The exec that starts the program is made by the launcher: its ABI is the launcher's.
      const isStart = process.pid === root && index === 0;
      const { syscalls } = isStart ? derivation.possible : derivation.required;
      const abi = abis[index] ?? 'x86_64';
      syscalls.add(`${abi} ${entryName(abi, call)}`);
      process.learn(call);
      inetItems(call, derivation.required);
      const makesTask = /^(?:clone3?|v?fork)$/.test(call.name);
      if (makesTask && call.result === undefined) unreturned.push(process);
      if (!succeeded(call)) {
        permitted(call, process, derivation);
        continue;
      }
      if (makesTask) waiting.push(new Process(Number.parseInt(call.result ?? '', 10), process));
      else done(call, process, derivation);
    }
  }
  if (threads.size > 0)
    throw new Error(`traced tasks without a parent: ${[...threads.keys()].join(', ')}`);
  return derivation;
};
