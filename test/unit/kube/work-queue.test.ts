import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PinfoldError } from '../../../src/errors.js';
import { TerminalError } from '../../../src/kube/reconcile.js';
import type { Outcome } from '../../../src/kube/reconcile.js';
import { WorkQueue } from '../../../src/kube/work-queue.js';
import type { Clock } from '../../../src/kube/work-queue.js';

/** A clock that only moves when told, and lists what waits. */
class HeldClock implements Clock {
  #waiting: { ms: number; callback: () => void }[] = [];

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const entry = { ms, callback };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  };

  get delays(): readonly number[] {
    return this.#waiting.map(({ ms }) => ms);
  }

  elapse(): void {
    const due = this.#waiting;
    this.#waiting = [];
    for (const { callback } of due) callback();
  }
}

interface Step {
  readonly key: string;
  readonly resolve: (outcome?: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

const queueOf = (workers: number) => {
  const clock = new HeldClock();
  const steps: Step[] = [];
  const failures: { key: string; error: unknown; retryMs: number | undefined }[] = [];
  const queue = new WorkQueue({
    workers,
    clock,
    random: () => 0.5,
    work: (key) =>
      new Promise<Outcome>((resolve, reject) => {
        steps.push({ key, resolve, reject });
      }),
    onFailure: (key, error, retryMs) => failures.push({ key, error, retryMs }),
  });
  const ended = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { queue, clock, steps, failures, ended, keys: () => steps.map(({ key }) => key) };
};

void describe('the work queue', () => {
  void it('works on a key by one worker at a time, and once more if it was added meanwhile', async () => {
    const { queue, steps, keys, ended } = queueOf(4);
    queue.add('a');
    queue.add('a');
    queue.add('a');
    queue.add('b');
    assert.deepEqual(keys(), ['a', 'b']);
    steps[0]?.resolve();
    await ended();
    assert.deepEqual(keys(), ['a', 'b', 'a']);
    steps[2]?.resolve();
    await ended();
    assert.deepEqual(keys(), ['a', 'b', 'a'], 'three additions while it ran are one');
  });

  void it('has no more workers than it was given', async () => {
    const { queue, steps, keys, ended } = queueOf(1);
    queue.add('a');
    queue.add('b');
    assert.deepEqual(keys(), ['a']);
    steps[0]?.resolve();
    await ended();
    assert.deepEqual(keys(), ['a', 'b']);
  });

  void it('tries again what failed, later each time, and at once when it is added', async () => {
    const { queue, clock, steps, failures, ended } = queueOf(1);
    queue.add('a');
    for (const expected of [75, 150, 300]) {
      steps.at(-1)?.reject(new Error('no'));
      await ended();
      assert.deepEqual(clock.delays, [expected]);
      assert.equal(failures.at(-1)?.retryMs, expected);
      clock.elapse();
    }
    steps.at(-1)?.reject(new Error('no'));
    await ended();
    queue.add('a');
    assert.equal(steps.length, 5, 'without waiting for the delay');
    assert.deepEqual(clock.delays, []);
    steps.at(-1)?.resolve();
    await ended();
    queue.add('a');
    steps.at(-1)?.reject(new Error('no'));
    await ended();
    assert.deepEqual(clock.delays, [75], 'success starts the delays anew');
  });

  void it('does not try again what is terminal', async () => {
    const { queue, clock, steps, failures, ended } = queueOf(1);
    const cause = new PinfoldError('ExtendsCycle', { cycle: 'a → a' });
    queue.add('a');
    steps[0]?.reject(new TerminalError(cause));
    await ended();
    assert.deepEqual(clock.delays, []);
    assert.deepEqual(failures, [{ key: 'a', error: cause, retryMs: undefined }]);
  });

  void it('comes back when a reconciler asks for it', async () => {
    const { queue, clock, steps, keys, ended } = queueOf(1);
    queue.add('a');
    steps[0]?.resolve({ requeueAfterMs: 5000 });
    await ended();
    assert.deepEqual(clock.delays, [5000]);
    clock.elapse();
    assert.deepEqual(keys(), ['a', 'a']);
  });

  void it('waits for what is under way when it is closed, and takes nothing more', async () => {
    const { queue, steps, keys, ended } = queueOf(1);
    queue.add('a');
    queue.add('b');
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    await ended();
    assert.equal(closed, false);
    steps[0]?.resolve({ requeueAfterMs: 1 });
    await closing;
    queue.add('c');
    assert.deepEqual(keys(), ['a']);
  });

  void it('leaves a server alone for as long as it asks', async () => {
    const { queue, clock, steps, ended } = queueOf(1);
    queue.add('a');
    steps[0]?.reject(new PinfoldError('KubeTooManyRequests', { retryAfterMs: 7000 }));
    await ended();
    assert.deepEqual(clock.delays, [7025]);
  });
});
