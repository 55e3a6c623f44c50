import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EVENT, LAYOUT, SIZES } from '../../../src/bpf/layout.js';
import { KeptEvents } from '../../../src/node-enforcer/lines/kept-events.js';
import { eventOf, padded } from '../bpf/ring-bytes.js';

const KEY = LAYOUT.pf_event.key;

const keep = (kept: KeptEvents, event: Buffer): boolean => {
  const { buffer, byteOffset, length } = padded(event);
  return kept.keep(new DataView(buffer, byteOffset, length), 0);
};

const anyEvent = fc
  .tuple(fc.nat({ max: 30 }), fc.nat({ max: 3 }), fc.nat({ max: 80 }))
  .map(([slot, hash, more]) => {
    const bytes = eventOf(EVENT.note, SIZES.pf_note_event, Buffer.alloc(more, slot + hash + 1));
    bytes.writeUInt32LE(slot, KEY + LAYOUT.pf_seen_key.slot);
    bytes.writeUInt32LE(hash, KEY + LAYOUT.pf_seen_key.hash + 4);
    return bytes;
  });

/** The memory from the event of a key on. */
const found = (kept: KeptEvents, key: string): Buffer | undefined => {
  const place = kept.find(key);
  return place && Buffer.from(place.view.buffer, place.at);
};

const keyOf = (bytes: Buffer): string => bytes.toString('latin1', KEY, KEY + SIZES.pf_seen_key);

test('the last event of each key is found, and no other', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 200, size: 'max' }), anyEvent, (events, other) => {
      const kept = new KeptEvents();
      const model = new Map<string, Buffer>();
      for (const each of events) {
        assert.equal(keep(kept, each), model.has(keyOf(each)));
        model.set(keyOf(each), each);
      }
      assert.equal(kept.size, model.size);
      for (const [key, expected] of model) {
        assert.deepEqual(found(kept, key)?.subarray(0, expected.length), expected);
      }
      if (!model.has(keyOf(other))) assert.equal(kept.find(keyOf(other)), undefined);
    }),
  );
});

test('many more than it has room for at first', () => {
  const kept = new KeptEvents();
  for (let number = 0; number < 20_000; number += 1) {
    const bytes = eventOf(EVENT.note, SIZES.pf_note_event);
    bytes.writeUInt32LE(number, KEY + LAYOUT.pf_seen_key.hash);
    keep(kept, bytes);
  }
  assert.equal(kept.size, 20_000);
  for (let number = 0; number < 20_000; number += 1) {
    const key = Buffer.alloc(SIZES.pf_seen_key);
    key.writeUInt32LE(number, LAYOUT.pf_seen_key.hash);
    const event = found(kept, key.toString('latin1'));
    assert.equal(event?.readUInt32LE(KEY + LAYOUT.pf_seen_key.hash), number);
  }
});
