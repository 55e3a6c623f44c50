import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { linesOf } from '../../../src/kube/json-lines.js';

const collected = async (chunks: readonly Buffer[]): Promise<readonly string[]> => {
  const source = (async function* () {
    await Promise.resolve();
    yield* chunks;
  })();
  const lines: string[] = [];
  for await (const line of linesOf(source)) lines.push(line);
  return lines;
};

void describe('lines of a stream', () => {
  void it('are the same wherever the stream is cut, also within a character', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 8 }),
        fc.array(fc.nat(200), { maxLength: 10 }),
        async (texts, cuts) => {
          const lines = texts.map((text) => JSON.stringify(text));
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length];
          const sorted = places.toSorted((a, b) => a - b);
          const chunks = sorted.map((start, index) => bytes.subarray(start, sorted[index + 1]));
          assert.deepEqual(await collected(chunks), lines);
        },
      ),
    );
  });

  void it('are not half ones, nor empty', async () => {
    assert.deepEqual(await collected([Buffer.from('{"a":1}\n\n{"b"')]), ['{"a":1}']);
  });
});
