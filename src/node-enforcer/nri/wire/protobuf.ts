/**
 * Protobuf messages (protobuf.dev/programming-guides/encoding), as far as NRI uses them: a message is a table
 * of fields, and its type follows from the table. ADR 0024 says why this is not a library. Unknown fields are
 * skipped, because a newer runtime sends them; most of what a request holds is skipped unread.
 */
import { ProtobufReader, WIRE } from './protobuf-reader.js';

const encodeVarint = (value: bigint): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
};

const delimit = (bytes: Buffer): Buffer =>
  Buffer.concat([encodeVarint(BigInt(bytes.length)), bytes]);

/** One field of a message. */
interface Field<T> {
  readonly number: number;
  readonly wireType: 0 | 2;
  /** What the field holds in a message that does not have it. */
  readonly absent: () => T;
  /** What it holds after one more occurrence; `before` may be changed and given back. */
  readonly read: (reader: ProtobufReader, before: T) => T;
  /** Its occurrences without their tags; none for what proto3 leaves out. */
  readonly write: (value: T) => readonly Buffer[];
}

const scalar = <T>(
  number: number,
  absent: T,
  read: (reader: ProtobufReader) => T,
  write: (value: T) => bigint,
): Field<T> => ({
  number,
  wireType: WIRE.varint,
  absent: () => absent,
  read,
  write: (value) => (value === absent ? [] : [encodeVarint(write(value))]),
});

export const uint32 = (number: number): Field<number> =>
  scalar(number, 0, (reader) => reader.uint32(), BigInt);

/** int32, and enums, which are encoded like it. */
export const int32 = (number: number): Field<number> =>
  scalar(number, 0, (reader) => reader.uint32() | 0, BigInt);

/** int64 as a number: those that are used are durations, far below 2^53. */
export const int64 = (number: number): Field<number> =>
  scalar(number, 0, (reader) => Number(reader.int64()), BigInt);

export const bool = (number: number): Field<boolean> =>
  scalar(
    number,
    false,
    (reader) => reader.int64() !== 0n,
    (value) => (value ? 1n : 0n),
  );

export const string = (number: number): Field<string> => ({
  number,
  wireType: WIRE.delimited,
  absent: () => '',
  read: (reader) => reader.delimited().toString('utf8'),
  write: (value) => (value === '' ? [] : [delimit(Buffer.from(value, 'utf8'))]),
});

/** Read without a copy: what is given out shares memory with what was decoded. */
export const bytes = (number: number): Field<Buffer> => ({
  number,
  wireType: WIRE.delimited,
  absent: () => Buffer.alloc(0),
  read: (reader) => reader.delimited(),
  write: (value) => (value.length === 0 ? [] : [delimit(value)]),
});

/** A message within a message; of several occurrences the last counts (no encoder splits them). */
export const nested = <T>(number: number, type: Message<T>): Field<T | undefined> => ({
  number,
  wireType: WIRE.delimited,
  absent: () => undefined,
  read: (reader) => type.decode(reader.delimited()),
  write: (value) => (value === undefined ? [] : [delimit(type.encode(value))]),
});

export const repeated = <T>(number: number, type: Message<T>): Field<T[]> => ({
  number,
  wireType: WIRE.delimited,
  absent: () => [],
  read: (reader, before) => {
    before.push(type.decode(reader.delimited()));
    return before;
  },
  write: (values) => values.map((value) => delimit(type.encode(value))),
});

/** map<string, string>: repeated entries of key 1 and value 2. */
export const stringMap = (number: number): Field<Map<string, string>> => ({
  number,
  wireType: WIRE.delimited,
  absent: () => new Map(),
  read: (reader, before) => {
    const { key, value } = mapEntry.decode(reader.delimited());
    return before.set(key, value);
  },
  write: (map) => [...map].map(([key, value]) => delimit(mapEntry.encode({ key, value }))),
});

type Fields<T> = { readonly [Name in keyof T]: Field<T[Name]> };

/** What a message of this table holds. */
export type Decoded<M> = M extends Message<infer T> ? T : never;

export class Message<T> {
  readonly #fields: Fields<T>;
  readonly #byNumber: ReadonlyMap<number, keyof T>;
  readonly #names: readonly (keyof T)[];

  constructor(fields: Fields<T>) {
    this.#fields = fields;
    this.#names = Object.keys(fields) as (keyof T)[];
    this.#byNumber = new Map(this.#names.map((name) => [fields[name].number, name]));
  }

  /** @throws PinfoldError NriProtocol if these are not the bytes of a message */
  decode(encoded: Buffer): T {
    const values = this.#absent();
    const reader = new ProtobufReader(encoded);
    while (!reader.atEnd) {
      const { field, wireType } = reader.tag();
      const name = this.#byNumber.get(field);
      if (name === undefined || this.#fields[name].wireType !== wireType) reader.skip(wireType);
      else values[name] = this.#fields[name].read(reader, values[name]);
    }
    return values;
  }

  /** Fields that are left out hold what proto3 says they do. */
  encode(given: Partial<T>): Buffer {
    const values = { ...this.#absent(), ...given };
    return Buffer.concat(this.#names.flatMap((name) => this.#encodeField(name, values[name])));
  }

  #encodeField<Name extends keyof T>(name: Name, value: T[Name]): readonly Buffer[] {
    const field = this.#fields[name];
    const tag = encodeVarint(BigInt((field.number << 3) | field.wireType));
    return field.write(value).flatMap((occurrence) => [tag, occurrence]);
  }

  #absent(): T {
    return Object.fromEntries(this.#names.map((name) => [name, this.#fields[name].absent()])) as T;
  }
}

const mapEntry = new Message({ key: string(1), value: string(2) });
