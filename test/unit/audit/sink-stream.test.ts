import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { RecordBatch } from '../../../src/audit/batch.js';
import { parseRecord } from '../../../src/audit/read.js';
import { FileSink } from '../../../src/audit/sink-file.js';
import type { AuditSink, SinkHealth } from '../../../src/audit/sink-interface.js';
import { StreamSink } from '../../../src/audit/sink-stream.js';
import { teeSink } from '../../../src/audit/sink-tee.js';
import { violationExample } from './examples.js';
import { temporaryDirectory } from './tmpfs.js';

type Done = (error?: Error | null) => void;

/** A reader that takes one chunk whenever the test lets it. */
class SlowReader extends Writable {
  text = '';
  #waiting: Done[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.text += chunk.toString('utf8');
    this.#waiting.push(done);
  }

  /** Lets everything that was written through, or fails it. */
  release(error?: Error): void {
    for (let done = this.#waiting.shift(); done; done = this.#waiting.shift()) done(error);
  }

  kinds(): string[] {
    return this.text
      .split('\n')
      .slice(0, -1)
      .map((line) => parseRecord(line))
      .map((record) => (record.kind === 'loss' ? `loss ${record.lost}` : record.kind));
  }
}

const send = (sink: AuditSink, count: number): void => {
  const batch = new RecordBatch();
  for (let sequence = 0; sequence < count; sequence++) batch.add({ ...violationExample, sequence });
  batch.writeTo(sink);
};

test('a reader that is too slow costs records, exactly counted and reported when it is back', () => {
  const stream = new SlowReader();
  const changes: SinkHealth['kind'][] = [];
  const onHealth = ({ kind }: SinkHealth): number => changes.push(kind);
  const sink = new StreamSink({ stream, file: 'stdout', node: 'n', limitBytes: 2500, onHealth });
  send(sink, 5);
  send(sink, 3);
  send(sink, 4);
  const health = sink.health();
  assert.ok(health.kind === 'Failing' && health.lost === 7);
  stream.release();
  send(sink, 1);
  stream.release();
  stream.release();
  assert.deepEqual(sink.health(), { kind: 'Healthy', lost: 7 });
  assert.deepEqual(stream.kinds(), [...Array<string>(5).fill('violation'), 'loss 7', 'violation']);
  assert.deepEqual(changes, ['Failing', 'Healthy']);
});

test('a reader that goes away does not end the process; all that follows is counted', async () => {
  const stream = new SlowReader();
  const sink = new StreamSink({ stream, file: 'stdout', node: 'n' });
  send(sink, 2);
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.release(new Error('EPIPE'));
  await closed;
  send(sink, 3);
  const health = sink.health();
  assert.ok(health.kind === 'Failing');
  assert.equal(health.lost, 5);
  sink.close();
});

test('a tee writes to all, and says which one fails', (t) => {
  const stream = new SlowReader();
  const file = join(temporaryDirectory(t), 'audit.log');
  const good = new FileSink({ file, node: 'n' });
  const full = new FileSink({ file: '/dev/full', node: 'n' });
  const tee = teeSink([good, full, new StreamSink({ stream, file: 'stdout', node: 'n' })]);
  send(tee, 2);
  tee.flush();
  const health = tee.health();
  assert.ok(health.kind === 'Failing' && health.lost === 2);
  assert.match(health.error.message, /dev\/full/);
  assert.equal(good.health().kind, 'Healthy');
  assert.deepEqual(stream.kinds(), ['violation', 'violation']);
  tee.close();
});
