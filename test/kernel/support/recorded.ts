/** Records a command in this process and tells what was recorded in words that a test can compare. */
import type { Behaviour } from '../../../src/recorder/behaviour.js';
import { record } from '../../../src/node-enforcer/record.js';
import type { Recorded, RecordOptions } from '../../../src/node-enforcer/record.js';

export const recordCommand = (
  command: string,
  args: readonly string[],
  options: Partial<RecordOptions> = {},
): Promise<Recorded> =>
  record(
    { kind: 'Command', command, arguments: args },
    { signal: new AbortController().signal, ...options },
  );

/** What O_TMPFILE makes has the number of its inode for a name. */
const withoutNumber = (path: string): string => path.replace(/#\d+$/, '#inode');

/** Path → accesses in alphabetical order; paths below `room` relative to it. */
export const filesOf = ({ files }: Behaviour, room = '/'): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...files.values()]
      .map(
        ({ path, access }) =>
          [withoutNumber(relativeTo(room, path)), [...access].sort().join(' ')] as const,
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

export const relativeTo = (room: string, path: string): string =>
  path === room ? '.' : path.startsWith(`${room}/`) ? path.slice(room.length + 1) : path;

export const execsOf = ({ execs }: Behaviour, room = '/'): readonly string[] =>
  [...execs.keys()].map((path) => relativeTo(room, path)).sort();

export const socketsOf = ({ sockets }: Behaviour): readonly string[] => [...sockets.keys()].sort();

export const capabilitiesOf = ({ capabilities }: Behaviour): readonly string[] =>
  [...capabilities.keys()].sort();

export const syscallsOf = ({ syscalls }: Behaviour): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries([...syscalls].map(([abi, names]) => [abi, [...names.keys()].sort()]));

const LONG = 200;
const shortened = (text: string): string => (text.length > LONG ? `${text.slice(0, 13)}…` : text);

/** `Code detail`: long ones cut, and the room's name taken out. */
export const notesOf = ({ notes }: Behaviour, room = '/'): readonly string[] =>
  [...notes.values()]
    .map(({ code, detail }) => `${code} ${shortened(relativeTo(room, detail))}`)
    .sort();

/** What was recorded besides syscalls, as far as it is something. */
export const everything = (behaviour: Behaviour, room = '/'): Readonly<Record<string, unknown>> => {
  const parts = {
    execs: execsOf(behaviour, room),
    files: filesOf(behaviour, room),
    sockets: socketsOf(behaviour),
    capabilities: capabilitiesOf(behaviour),
    notes: notesOf(behaviour, room),
    lost: behaviour.lost,
  };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => Object.keys(part).length));
};
