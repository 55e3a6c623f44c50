/** The tables of messages against protobufjs, and the reader against bytes that are no messages. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { PinfoldError } from '../../../../src/errors.js';
import * as messages from '../../../../src/node-enforcer/nri/wire/messages.js';
import type { Message } from '../../../../src/node-enforcer/nri/wire/protobuf.js';

const root = await protobuf.load(join(import.meta.dirname, 'nri.proto'));

/** The values of a message in the two libraries' forms: ours has maps and absent messages as undefined. */
const plain = (value: unknown): unknown => {
  if (value instanceof Map) return Object.fromEntries(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name, plain(field)]),
  );
};

const text = fc.string({ unit: 'grapheme', maxLength: 300 });
// `__proto__` as a key is the JavaScript library's trouble; NRI's Go has none with it, and facts.test.ts has it.
const key = text.filter((name) => name !== '__proto__');
const map = fc.array(fc.tuple(key, text), { maxLength: 20 }).map((entries) => new Map(entries));
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const int64 = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
const bytes = fc.uint8Array({ maxLength: 5000 }).map((array) => Buffer.from(array));

const pod = fc.record({
  ...{ id: text, name: text, uid: text, namespace: text, labels: map, annotations: map },
  linux: optional(fc.record({ cgroupParent: text })),
});
const container = fc.record({
  ...{ id: text, podSandboxId: text, name: text, state: int32, annotations: map, pid: uint32 },
  linux: optional(fc.record({ cgroupsPath: text })),
  image: optional(fc.record({ name: text, digest: text })),
});

interface Case {
  readonly encode: (value: object) => Buffer;
  readonly decode: (encoded: Buffer) => object;
  readonly value: fc.Arbitrary<object>;
}

const caseOf = <T extends object>(ours: Message<T>, value: fc.Arbitrary<T>): Case => ({
  encode: (given) => ours.encode(given),
  decode: (encoded) => ours.decode(encoded),
  value,
});

const cases: Readonly<Record<string, Case>> = {
  TtrpcRequest: caseOf(
    messages.ttrpcRequest,
    fc.record({ service: text, method: text, payload: bytes, timeoutNano: int64 }),
  ),
  TtrpcResponse: caseOf(
    messages.ttrpcResponse,
    fc.record({
      status: optional(fc.record({ code: int32, message: text })),
      payload: bytes,
    }),
  ),
  RegisterPluginRequest: caseOf(
    messages.registerPluginRequest,
    fc.record({ pluginName: text, pluginIdx: text, nriVersion: text }),
  ),
  ConfigureRequest: caseOf(
    messages.configureRequest,
    fc.record({
      ...{ runtimeName: text, runtimeVersion: text, requestTimeout: int64, nriVersion: text },
    }),
  ),
  ConfigureResponse: caseOf(messages.configureResponse, fc.record({ events: int32 })),
  LifecycleRequest: caseOf(
    messages.lifecycleRequest,
    fc.record({ pod: optional(pod), container: optional(container) }),
  ),
  StateChangeEvent: caseOf(
    messages.stateChangeEvent,
    fc.record({ event: int32, pod: optional(pod), container: optional(container) }),
  ),
  SynchronizeRequest: caseOf(
    messages.synchronizeRequest,
    fc.record({
      pods: fc.array(pod, { maxLength: 3 }),
      containers: fc.array(container, { maxLength: 3 }),
      more: fc.boolean(),
    }),
  ),
  SynchronizeResponse: caseOf(messages.synchronizeResponse, fc.record({ more: fc.boolean() })),
};

for (const [name, { encode, decode, value }] of Object.entries(cases)) {
  const theirs = root.lookupType(name);
  const read = (encoded: Uint8Array): unknown =>
    theirs.toObject(theirs.decode(encoded), { defaults: true, longs: Number, bytes: Buffer });

  test(`${name}: protobufjs reads what we write`, () => {
    fc.assert(
      fc.property(value, (given) => {
        const decoded = decode(encode(given));
        // Absent messages are null in the form with defaults.
        const seen = JSON.parse(JSON.stringify(read(encode(given))), (_, field: unknown) =>
          field === null ? undefined : field,
        ) as unknown;
        assert.deepEqual(seen, JSON.parse(JSON.stringify(plain(decoded))));
        assert.deepEqual(plain(decoded), plain(given));
      }),
    );
  });

  test(`${name}: we read what protobufjs writes`, () => {
    fc.assert(
      fc.property(value, (given) => {
        const encoded = theirs.encode(theirs.fromObject(plain(given) as object)).finish();
        assert.deepEqual(plain(decode(Buffer.from(encoded))), plain(given));
      }),
    );
  });

  test(`${name}: any bytes are read or refused with a code`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (given) => {
        try {
          decode(Buffer.from(given));
        } catch (thrown) {
          assert.ok(thrown instanceof PinfoldError);
          assert.equal(thrown.code, 'NriProtocol');
        }
      }),
    );
  });

  test(`${name}: a message that is cut off or changed is read or refused with a code`, () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.nat(255), fc.nat(), (given, at, byte, end) => {
        const encoded = Buffer.from(encode(given));
        if (encoded.length > 0) encoded[at % encoded.length] = byte;
        try {
          decode(encoded.subarray(0, end % (encoded.length + 1)));
        } catch (thrown) {
          assert.ok(thrown instanceof PinfoldError);
          assert.equal(thrown.code, 'NriProtocol');
        }
      }),
    );
  });
}

test('unknown fields of every wire type are skipped', () => {
  const unknown = Buffer.from([
    ...[0xf8, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], // 31: a varint
    ...[0xf9, 0x01, 1, 2, 3, 4, 5, 6, 7, 8], // 31: 64 bits
    ...[0xfa, 0x01, 2, 0xff, 0xff], // 31: bytes
    ...[0xfd, 0x01, 1, 2, 3, 4], // 31: 32 bits
    ...[0x0d, 1, 2, 3, 4], // 1, with a wire type that it does not have
  ]);
  const known = messages.ttrpcStatus.encode({ code: 9, message: 'no' });
  const decoded = messages.ttrpcStatus.decode(Buffer.concat([unknown, known, unknown]));
  assert.deepEqual(decoded, { code: 9, message: 'no' });
});

const refused: Readonly<Record<string, readonly number[]>> = {
  'a number of more than 10 bytes': [0x08, ...new Array<number>(10).fill(0xff), 0x01],
  'a number that is cut off': [0x08, 0x80],
  'a field that is longer than the message': [0x12, 0x05, 0x41],
  'a length of 4 GiB': [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f],
  'field number 0': [0x00, 0x00],
  'a group': [0x0b, 0x0c],
};

for (const [what, encoded] of Object.entries(refused))
  test(`refused: ${what}`, () => {
    assert.throws(() => messages.ttrpcStatus.decode(Buffer.from(encoded)), {
      name: 'PinfoldError',
      code: 'NriProtocol',
    });
  });
