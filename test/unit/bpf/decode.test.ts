/** What the kernel's bytes are read as; the layout itself is compared in test/kernel/layout.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCounters, readFailures } from '../../../src/bpf/counters.js';
import { decodeEvents } from '../../../src/bpf/events.js';
import type { KernelEvent } from '../../../src/bpf/events.js';
import {
  ACCESS_BIT,
  ACCESS_EXECUTE,
  COUNTER_CLASSES,
  EVENT,
  EVENT_VERSION,
  LAYOUT,
  NOTE,
  PATH_FLAG,
  SIZES,
} from '../../../src/bpf/layout.js';
import { readSeen } from '../../../src/bpf/seen.js';
import { PinfoldError } from '../../../src/errors.js';
import { eventOf, fileEventOf, padded } from './ring-bytes.js';

const decoded = (...events: readonly Buffer[]): readonly KernelEvent[] => {
  const bytes = Buffer.concat(events.map(padded));
  const found: KernelEvent[] = [];
  assert.equal(
    decodeEvents(bytes, bytes.length, (event) => found.push(event)),
    events.length,
  );
  return found;
};

const fileEvent = (walked: Buffer, flags = 0, argument?: Buffer): Buffer =>
  fileEventOf(ACCESS_BIT.Read | ACCESS_BIT.Delete, walked, flags, argument);

const fileOf = (bytes: Buffer): Extract<KernelEvent, { kind: 'File' }> => {
  const [event] = decoded(bytes);
  assert.ok(event?.kind === 'File');
  return event;
};

test('a walked path is put together from its end', () => {
  const { path, access, path2 } = fileOf(fileEvent(Buffer.from('passwd\0etc\0')));
  assert.equal(path.walked, '/etc/passwd');
  assert.equal(path.argument, undefined);
  assert.equal(path.doubt, undefined);
  assert.deepEqual([...access].sort(), ['Delete', 'Read']);
  assert.equal(path2, undefined);
});

test('an exec that came to nothing is told from an access', () => {
  const bytes = fileEvent(Buffer.from('script\0'));
  assert.equal(fileOf(bytes).execute, false);
  bytes.writeUInt32LE(ACCESS_EXECUTE, LAYOUT.pf_file_event.access);
  const { execute, access } = fileOf(bytes);
  assert.deepEqual([execute, access], [true, []]);
});

test('the root itself has no component', () => {
  assert.equal(fileOf(fileEvent(Buffer.alloc(0))).path.walked, '/');
});

test('names that are not UTF-8 come back as the bytes they were, in components and arguments', () => {
  const { path } = fileOf(
    fileEvent(Buffer.from('caf\xe9\0tmp\0', 'latin1'), 0, Buffer.from('\xff\n', 'latin1')),
  );
  assert.equal(path.walked, '/tmp/caf\udce9');
  assert.equal(path.argument, '\udcff\n');
});

test('each doubt and mark of a path is told', () => {
  const doubt = (flags: number) => fileOf(fileEvent(Buffer.from('a\0'), flags)).path.doubt;
  assert.equal(doubt(PATH_FLAG.truncated), 'Truncated');
  assert.equal(doubt(PATH_FLAG.foreignRoot), 'ForeignRoot');
  assert.equal(doubt(PATH_FLAG.raced), 'Raced');
  assert.equal(doubt(PATH_FLAG.unreadable), 'Unreadable');
  const { path } = fileOf(
    fileEvent(Buffer.from('a\0'), PATH_FLAG.deleted | PATH_FLAG.fileless | PATH_FLAG.follow),
  );
  assert.deepEqual([path.deleted, path.fileless, path.follow], [true, true, true]);
});

test('the root of a task goes with its arguments, and with nothing else', () => {
  const rooted = (flags: number) => {
    const bytes = fileEvent(Buffer.from('dir\0'), flags, Buffer.from('name'));
    const root = LAYOUT.pf_file_event.root + LAYOUT.pf_path.flags;
    bytes.writeUInt32LE(PATH_FLAG.present | PATH_FLAG.walked, root);
    bytes.writeUInt16LE(5, LAYOUT.pf_file_event.root + LAYOUT.pf_path.walked);
    const event = Buffer.concat([bytes, Buffer.from('jail\0')]);
    event.writeUInt16LE(event.length, LAYOUT.pf_event.size);
    return event;
  };
  const { path } = fileOf(rooted(PATH_FLAG.argument));
  assert.deepEqual([path.walked, path.argument, path.root?.walked], ['/dir', 'name', '/jail']);
  const plain = fileEvent(Buffer.from('dir\0'));
  assert.equal(fileOf(plain).path.root, undefined);
});

test('addresses in the text of RFC 5952', () => {
  const address = (family: number, hex: string): string => {
    const bytes = eventOf(EVENT.socket, SIZES.pf_socket_event);
    bytes.writeUInt16LE(family, LAYOUT.pf_socket_event.family);
    bytes.write(hex, LAYOUT.pf_socket_event.address, 'hex');
    const [event] = decoded(bytes);
    assert.ok(event?.kind === 'Socket');
    return event.address;
  };
  assert.equal(address(2, '7f000001'), '127.0.0.1');
  assert.equal(address(10, '00000000000000000000000000000001'), '::1');
  assert.equal(address(10, '00000000000000000000000000000000'), '::');
  assert.equal(address(10, '20010db8000000000001000000000001'), '2001:db8::1:0:0:1');
  assert.equal(address(10, '20010db8000100020003000400050000'), '2001:db8:1:2:3:4:5:0');
});

test('the name of an abstract unix socket may hold any byte', () => {
  const name = Buffer.from('a\0\xff\n', 'latin1');
  const bytes = eventOf(EVENT.note, SIZES.pf_note_event, name);
  bytes.writeUInt32LE(NOTE.abstractUnix, LAYOUT.pf_note_event.note);
  bytes.writeUInt16LE(3, LAYOUT.pf_note_event.op);
  bytes.writeUInt16LE(name.length, LAYOUT.pf_note_event.length);
  const [event] = decoded(bytes);
  assert.ok(event?.kind === 'Note' && event.note === 'AbstractUnix');
  assert.deepEqual([event.op, event.name], ['Bind', 'a\0\udcff\n']);
});

test('several events in a batch, each padded', () => {
  const kinds = decoded(
    fileEvent(Buffer.from('abc\0')),
    eventOf(EVENT.syscall, SIZES.pf_syscall_event),
    fileEvent(Buffer.from('d\0')),
  ).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['File', 'Syscall', 'File']);
});

test('bytes that no program of this version sends are an error, not a guess', () => {
  const refused = (bytes: Buffer): void => {
    assert.throws(
      () => decodeEvents(padded(bytes), bytes.length, () => undefined),
      (error) => error instanceof PinfoldError && error.code === 'Internal',
    );
  };
  const version = eventOf(EVENT.syscall, SIZES.pf_syscall_event);
  version[LAYOUT.pf_event.version] = EVENT_VERSION + 1;
  refused(version);
  refused(eventOf(250, SIZES.pf_syscall_event));
  const short = eventOf(EVENT.syscall, SIZES.pf_syscall_event);
  short.writeUInt16LE(0, LAYOUT.pf_event.size);
  refused(short);
});

test('counters are summed over CPUs, class by class', () => {
  const stride = (SIZES.pf_counters + 7) & ~7;
  const bytes = Buffer.alloc(2 * stride);
  COUNTER_CLASSES.forEach((_, index) => {
    bytes.writeBigUInt64LE(BigInt(index), LAYOUT.pf_counters.produced + index * 8);
    bytes.writeBigUInt64LE(100n, stride + LAYOUT.pf_counters.produced + index * 8);
  });
  bytes.writeBigUInt64LE(7n, stride + LAYOUT.pf_counters.no_scratch);
  const { produced, lost, noScratch } = readCounters(bytes);
  COUNTER_CLASSES.forEach((name, index) => {
    assert.equal(produced[name], 100n + BigInt(index), name);
    assert.equal(lost[name], 0n, name);
  });
  assert.equal(noScratch, 7n);
});

test('failures by errno and place', () => {
  const bytes = Buffer.alloc(SIZES.pf_failure_key + 8);
  bytes.writeInt32LE(-12, LAYOUT.pf_failure_key.error);
  bytes.writeUInt32LE(42, LAYOUT.pf_failure_key.line);
  bytes.write('tracing\0', LAYOUT.pf_failure_key.file, 'latin1');
  bytes.writeBigUInt64LE(3n, SIZES.pf_failure_key);
  assert.deepEqual(readFailures(bytes), [{ errno: 12, line: 42, file: 'tracing', count: 3n }]);
});

test('entries of what was seen', () => {
  const bytes = Buffer.alloc(SIZES.pf_seen_key + SIZES.pf_seen);
  bytes.writeUInt32LE(5, LAYOUT.pf_seen_key.slot);
  bytes.writeUInt32LE(((EVENT.denial << 24) | 0x123) >>> 0, LAYOUT.pf_seen_key.what);
  bytes.writeBigUInt64LE(9n, SIZES.pf_seen_key + LAYOUT.pf_seen.count);
  const [entry, ...others] = readSeen(bytes);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [entry?.slot, entry?.type, entry?.detail, entry?.count],
    [5, EVENT.denial, 0x123, 9],
  );
  assert.equal(entry?.key, bytes.toString('latin1', 0, SIZES.pf_seen_key));
});

test('a refusal names its group, what was asked and refused, and whether its path is known', () => {
  const refusal = (flags: number, access: number, doubt: number): KernelEvent | undefined => {
    const bytes = fileEvent(Buffer.from('shadow\0etc\0'), doubt);
    bytes[LAYOUT.pf_event.type] = EVENT.refusal;
    bytes.writeUInt32LE(flags, LAYOUT.pf_event.flags);
    bytes.writeUInt32LE(7, LAYOUT.pf_event.rule);
    bytes.writeUInt32LE(access, LAYOUT.pf_file_event.access);
    bytes.writeUInt32LE(ACCESS_BIT.Write, LAYOUT.pf_file_event.access2);
    return decoded(bytes)[0];
  };
  const denied = refusal(1, ACCESS_BIT.Read | ACCESS_BIT.Write, 0);
  assert.ok(denied?.kind === 'Refusal');
  assert.deepEqual(
    [denied.class, denied.group, denied.access, denied.refused, denied.rule, denied.cannotTell],
    ['files', 'enforce', ['Read', 'Write'], ['Write'], 7, false],
  );
  const foreign = refusal(2, 64, PATH_FLAG.foreignRoot);
  assert.ok(foreign?.kind === 'Refusal');
  assert.deepEqual([foreign.class, foreign.group, foreign.cannotTell], ['exec', 'audit', true]);
  const memory = refusal(1, 64, PATH_FLAG.foreignRoot | PATH_FLAG.fileless);
  assert.equal(memory?.kind === 'Refusal' && memory.cannotTell, false);
});
