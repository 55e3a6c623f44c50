/** Questions to the main thread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Questions } from '../../../../src/node-enforcer/nri/questions.js';

test('each question gets its own answer, whatever their order', async () => {
  const asked: [number, unknown][] = [];
  const questions = new Questions((id, question) => asked.push([id, question]));
  const first = questions.ask('a', 60_000);
  const second = questions.ask('b', 60_000);
  const third = questions.ask('c', 60_000);
  assert.deepEqual(asked, [
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ]);
  questions.answer(2, 'B');
  questions.fail(3, 'the API is away');
  questions.answer(1, 'A');
  assert.deepEqual([await first, await second], ['A', 'B']);
  await assert.rejects(third, { code: 'NriNoAnswer', message: /the API is away/ });
});

test('a question without an answer ends by itself, and its answer is dropped', async () => {
  const questions = new Questions(() => undefined);
  await assert.rejects(questions.ask('a', 1), { code: 'NriNoAnswer' });
  questions.answer(1, 'late');
  questions.answer(77, 'never asked');
});

test('there is a limit to open questions', async () => {
  const questions = new Questions(() => undefined);
  const open = Array.from({ length: 256 }, () => questions.ask('a', 60_000));
  await assert.rejects(questions.ask('a', 60_000), { code: 'NriNoAnswer', message: /256/ });
  for (let id = 1; id <= 256; id += 1) questions.answer(id, id);
  assert.equal((await Promise.all(open)).length, 256);
});
