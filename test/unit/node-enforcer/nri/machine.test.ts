/** The life of the connection, transition by transition. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BUSY_AFTER_MS, step } from '../../../../src/node-enforcer/nri/machine.js';
import type {
  Failure,
  LinkEffect,
  LinkInput,
  LinkState,
  Row,
} from '../../../../src/node-enforcer/nri/machine.js';

const chance = { now: 100_000, random: 0.5 };
const none: Row = { way: 'Absent', failures: 0 };
const absent: Failure = { code: 'NriUnavailable', message: 'ENOENT' };
const dropped: Failure = { code: 'NriLost', message: 'closed' };

/** The effects of a loss, after which it is tried again in `ms`. */
const retry = (failure: Failure, retryInMs: number): readonly LinkEffect[] => [
  { kind: 'Close' },
  { kind: 'ReportDisconnected', failure, retryInMs },
  { kind: 'SetTimer', ms: retryInMs },
];

interface Transition {
  readonly what: string;
  readonly from: LinkState;
  readonly input: LinkInput;
  readonly to: LinkState;
  readonly effects: readonly LinkEffect[];
}

const off: LinkState = { kind: 'Off' };
const connecting: LinkState = { kind: 'Connecting', row: none };
const registering: LinkState = { kind: 'Registering', row: none };
const synchronizing: LinkState = { kind: 'Synchronizing', row: none };
const ready: LinkState = { kind: 'Ready', row: none, since: chance.now };
const busyTimer: LinkEffect = { kind: 'SetTimer', ms: BUSY_AFTER_MS };

const waiting = (way: Row['way'], failures: number): LinkState => ({
  kind: 'Waiting',
  row: { way, failures },
});

const transitions: readonly Transition[] = [
  {
    what: 'starting connects',
    ...{ from: off, input: { kind: 'Start' }, to: connecting },
    effects: [{ kind: 'Connect' }],
  },
  {
    what: 'a connection registers, and is watched',
    ...{ from: connecting, input: { kind: 'Connected' }, to: registering },
    effects: [{ kind: 'Register' }, busyTimer],
  },
  {
    what: 'Configure says that the registration was taken, whether or not it was answered',
    ...{ from: registering, input: { kind: 'Configured' }, to: synchronizing },
    effects: [busyTimer],
  },
  {
    what: 'the last part of Synchronize makes it ready',
    ...{ from: synchronizing, input: { kind: 'Synchronized' }, to: ready },
    effects: [{ kind: 'ClearTimer' }, { kind: 'ReportConnected' }],
  },
  {
    what: 'no progress in the registration is reported, and not given up',
    ...{ from: registering, input: { kind: 'TimerFired' }, to: registering },
    effects: [{ kind: 'ReportBusy' }],
  },
  {
    what: 'no progress in the synchronisation is reported, and not given up',
    ...{ from: synchronizing, input: { kind: 'TimerFired' }, to: synchronizing },
    effects: [{ kind: 'ReportBusy' }],
  },
  {
    what: 'no socket: soon again',
    ...{ from: connecting, input: { kind: 'Lost', failure: absent }, to: waiting('Absent', 1) },
    effects: retry(absent, 100),
  },
  {
    what: 'still no socket: later, but never much later',
    from: { kind: 'Connecting', row: { way: 'Absent', failures: 1000 } },
    ...{ input: { kind: 'Lost', failure: absent }, to: waiting('Absent', 1001) },
    effects: retry(absent, 1000),
  },
  {
    what: 'a loss while registering',
    ...{ from: registering, input: { kind: 'Lost', failure: dropped }, to: waiting('Unwanted', 1) },
    effects: retry(dropped, 100),
  },
  {
    what: 'a loss while synchronising, after others',
    from: { kind: 'Synchronizing', row: { way: 'Unwanted', failures: 3 } },
    ...{ input: { kind: 'Lost', failure: dropped }, to: waiting('Unwanted', 4) },
    effects: retry(dropped, 800),
  },
  {
    what: 'a runtime that goes on to drop us is left alone for longer',
    from: { kind: 'Ready', row: { way: 'Unwanted', failures: 20 }, since: chance.now - 9999 },
    ...{ input: { kind: 'Lost', failure: dropped }, to: waiting('Unwanted', 21) },
    effects: retry(dropped, 30_000),
  },
  {
    what: 'a connection that held ends the row',
    from: { kind: 'Ready', row: { way: 'Unwanted', failures: 20 }, since: chance.now - 10_000 },
    ...{ input: { kind: 'Lost', failure: dropped }, to: waiting('Unwanted', 1) },
    effects: retry(dropped, 100),
  },
  {
    what: 'a loss after a long absence is the first of its way',
    from: { kind: 'Registering', row: { way: 'Absent', failures: 50 } },
    ...{ input: { kind: 'Lost', failure: dropped }, to: waiting('Unwanted', 1) },
    effects: retry(dropped, 100),
  },
  {
    what: 'the time to try again',
    from: waiting('Absent', 2),
    input: { kind: 'TimerFired' },
    to: { kind: 'Connecting', row: { way: 'Absent', failures: 2 } },
    effects: [{ kind: 'Connect' }],
  },
  ...[connecting, registering, synchronizing, ready, waiting('Absent', 1)].map(
    (from): Transition => ({
      what: `stopping while ${from.kind}`,
      ...{ from, input: { kind: 'Stop' }, to: off },
      effects: [{ kind: 'ClearTimer' }, { kind: 'Close' }],
    }),
  ),
  ...(
    [
      [off, 'Connected'],
      [off, 'TimerFired'],
      [off, 'Stop'],
      [connecting, 'Start'],
      [connecting, 'Configured'],
      [connecting, 'TimerFired'],
      [registering, 'Synchronized'],
      [synchronizing, 'Configured'],
      [ready, 'Synchronized'],
      [ready, 'TimerFired'],
      [waiting('Absent', 1), 'Connected'],
    ] as const
  ).map(([from, kind]): Transition => ({
    what: `${kind} changes nothing while ${from.kind}`,
    ...{ from, input: { kind }, to: from, effects: [] },
  })),
  ...[off, waiting('Absent', 1)].map((from): Transition => ({
    what: `a loss changes nothing while ${from.kind}`,
    ...{ from, input: { kind: 'Lost', failure: dropped }, to: from, effects: [] },
  })),
];

for (const { what, from, input, to, effects } of transitions)
  test(what, () => {
    assert.deepEqual(step(from, input, chance), { state: to, effects });
  });

test('attempts are spread, and none is made at once', () => {
  const spread = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(
      spread,
      fc.nat(10_000),
      fc.constantFrom(absent, dropped),
      (random, failures, failure) => {
        const way = failure === absent ? 'Absent' : 'Unwanted';
        const from: LinkState = { kind: 'Connecting', row: { way, failures } };
        const { effects } = step(from, { kind: 'Lost', failure }, { now: 0, random });
        const timer = effects.find((effect) => effect.kind === 'SetTimer');
        assert.ok(timer !== undefined && timer.ms >= 80 && timer.ms <= 36_000);
      },
    ),
  );
});
