import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PinfoldError } from '../../../src/errors.js';
import { INITIAL, step } from '../../../src/kube/list-watch.js';
import type { ListWatchEvent, ListWatchState } from '../../../src/kube/list-watch.js';

const BACKOFF = { firstMs: 100, longestMs: 1000 };
/** Half of the spread: 75 % of the full delay. */
const HALF = 0.5;

const after = (state: ListWatchState, event: ListWatchEvent): ListWatchState =>
  step(state, event, HALF, BACKOFF);

const listing = { kind: 'Listing', failures: 2 } as const;
const nextPage = { ...listing, continue: 'p2' } as const;
const watching = { kind: 'Watching', failures: 2, resourceVersion: '7', heard: false } as const;
const heard = { ...watching, failures: 0, heard: true } as const;
const waitingToList = { kind: 'Waiting', failures: 3, ms: 300, next: { kind: 'List' } } as const;
const waitingToWatch = { ...waitingToList, next: { kind: 'Watch', from: '7' } } as const;
const stopped = { kind: 'Stopped' } as const;

const events = {
  page: { kind: 'Page', resourceVersion: '7' },
  firstPage: { kind: 'Page', resourceVersion: '7', continue: 'p2' },
  heard: { kind: 'Heard', resourceVersion: '8' },
  ended: { kind: 'Ended' },
  silent: { kind: 'Silent' },
  expired: { kind: 'Expired' },
  failed: { kind: 'Failed' },
  busy: { kind: 'Failed', retryAfterMs: 5000 },
  elapsed: { kind: 'Elapsed' },
  aborted: { kind: 'Aborted' },
} as const satisfies Record<string, ListWatchEvent>;

/** Every event in every state; what a row lacks cannot happen there. */
const TABLE: readonly (readonly [
  string,
  ListWatchState,
  Partial<Record<keyof typeof events, ListWatchState>>,
])[] = [
  [
    'listing',
    listing,
    {
      page: watching,
      firstPage: nextPage,
      failed: waitingToList,
      busy: { ...waitingToList, ms: 5100 },
      expired: waitingToList,
    },
  ],
  [
    'listing a further page',
    nextPage,
    {
      page: watching,
      firstPage: nextPage,
      failed: waitingToList,
      busy: { ...waitingToList, ms: 5100 },
      expired: waitingToList,
    },
  ],
  [
    'watching without a word',
    watching,
    {
      heard: { ...heard, resourceVersion: '8' },
      ended: waitingToWatch,
      silent: waitingToWatch,
      failed: waitingToWatch,
      busy: { ...waitingToWatch, ms: 5100 },
      expired: waitingToList,
    },
  ],
  [
    'watching after a word',
    heard,
    {
      heard: { ...heard, resourceVersion: '8' },
      ended: { ...watching, failures: 0 },
      silent: { ...waitingToWatch, failures: 1, ms: 75 },
      failed: { ...waitingToWatch, failures: 1, ms: 75 },
      busy: { ...waitingToWatch, failures: 1, ms: 5025 },
      expired: { ...waitingToList, failures: 1, ms: 75 },
    },
  ],
  ['waiting to list', waitingToList, { elapsed: { kind: 'Listing', failures: 3 } }],
  ['waiting to watch', waitingToWatch, { elapsed: { ...watching, failures: 3 } }],
];

void describe('list and watch', () => {
  for (const [name, state, row] of TABLE) {
    for (const [label, event] of Object.entries(events)) {
      const expected = row[label as keyof typeof events];
      if (label === 'aborted') continue;
      if (expected !== undefined)
        void it(`${name}: ${label}`, () => {
          assert.deepEqual(after(state, event), expected);
        });
      else
        void it(`${name}: ${label} cannot happen`, () => {
          assert.throws(
            () => after(state, event),
            (error) => error instanceof PinfoldError && error.code === 'Internal',
          );
        });
    }
    void it(`${name}: an abort ends it`, () => {
      assert.deepEqual(after(state, events.aborted), stopped);
    });
  }

  void it('begins with a list, and ends for good', () => {
    assert.deepEqual(INITIAL, { kind: 'Listing', failures: 0 });
    for (const event of Object.values(events)) assert.deepEqual(after(stopped, event), stopped);
  });

  void it('waits longer with each failure, up to a limit', () => {
    let state: ListWatchState = INITIAL;
    const delays: number[] = [];
    for (let failures = 0; failures < 6; failures += 1) {
      state = after(state, events.failed);
      if (state.kind === 'Waiting') delays.push(state.ms);
      state = after(state, events.elapsed);
    }
    assert.deepEqual(delays, [75, 150, 300, 600, 750, 750]);
  });
});
