/**
 * The life of the plugin's connection: what follows from what. Pure; link.ts does what it says.
 * The runtime allows one order: connect, RegisterPlugin, Configure, Synchronize, events; Configure can come
 * before RegisterPlugin is answered.
 */
import type { ErrorCode } from '../../errors.js';

/** Why there is no connection, or none yet. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Attempts in a row that failed in the same way: nobody there, or somebody who does not want us. */
export interface Row {
  readonly way: 'Absent' | 'Unwanted';
  readonly failures: number;
}

export type LinkState =
  | { readonly kind: 'Off' }
  | { readonly kind: 'Connecting'; readonly row: Row }
  | { readonly kind: 'Registering'; readonly row: Row }
  | { readonly kind: 'Synchronizing'; readonly row: Row }
  | { readonly kind: 'Ready'; readonly row: Row; readonly since: number }
  | { readonly kind: 'Waiting'; readonly row: Row };

export type LinkInput =
  | { readonly kind: 'Start' }
  | { readonly kind: 'Connected' }
  /** The runtime asked for the configuration, which says that it took the registration. */
  | { readonly kind: 'Configured' }
  /** The last part of what runs already was taken. */
  | { readonly kind: 'Synchronized' }
  /** No connection, or no more; the failure says why. */
  | { readonly kind: 'Lost'; readonly failure: Failure }
  | { readonly kind: 'TimerFired' }
  | { readonly kind: 'Stop' };

export type LinkEffect =
  | { readonly kind: 'Connect' }
  | { readonly kind: 'Register' }
  | { readonly kind: 'Close' }
  /** One timer: setting it replaces what was set. */
  | { readonly kind: 'SetTimer'; readonly ms: number }
  | { readonly kind: 'ClearTimer' }
  | { readonly kind: 'ReportConnected' }
  /** The runtime accepts connections but does not go on with ours. */
  | { readonly kind: 'ReportBusy' }
  | { readonly kind: 'ReportDisconnected'; readonly failure: Failure; readonly retryInMs: number };

export interface LinkStep {
  readonly state: LinkState;
  readonly effects: readonly LinkEffect[];
}

/** What is not decided by state and input. `now` in ms, monotonic; `random` in [0, 1). */
export interface LinkChance {
  readonly now: number;
  readonly random: number;
}

const FIRST_DELAY_MS = 100;
const DELAY_AT_MOST_MS: Readonly<Record<Row['way'], number>> = {
  // A runtime that restarts is back within seconds, and each moment without it is one start unjudged.
  Absent: 1000,
  // One that refuses us or drops us writes a line for each attempt.
  Unwanted: 30_000,
};
/** A connection that held this long is no part of a row of failures. */
const HELD_MS = 10_000;
/** After this long without progress the reader of conditions should know; the runtime's own limit is 5 s. */
export const BUSY_AFTER_MS = 5000;

const NO_FAILURE: Row = { way: 'Absent', failures: 0 };

/** Doubles up to a limit; spread over ±20 % so that plugins of one runtime do not come together. */
const delayFor = ({ way, failures }: Row, random: number): number => {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 20), DELAY_AT_MOST_MS[way]);
  return Math.round(delay * (0.8 + 0.4 * random));
};

const longerRow = (before: Row, { code }: Failure): Row => {
  const way = code === 'NriUnavailable' ? 'Absent' : 'Unwanted';
  return { way, failures: way === before.way ? before.failures + 1 : 1 };
};

const lost = (state: LinkState, failure: Failure, { now, random }: LinkChance): LinkStep => {
  if (state.kind === 'Off' || state.kind === 'Waiting') return { state, effects: [] };
  const held = state.kind === 'Ready' && now - state.since >= HELD_MS;
  const row = longerRow(held ? NO_FAILURE : state.row, failure);
  const retryInMs = delayFor(row, random);
  return {
    state: { kind: 'Waiting', row },
    effects: [
      { kind: 'Close' },
      { kind: 'ReportDisconnected', failure, retryInMs },
      { kind: 'SetTimer', ms: retryInMs },
    ],
  };
};

const timerFired = (state: LinkState): LinkStep => {
  switch (state.kind) {
    case 'Waiting':
      return { state: { kind: 'Connecting', row: state.row }, effects: [{ kind: 'Connect' }] };
    case 'Registering':
    case 'Synchronizing':
      // Not given up: a new attempt would queue behind the same obstacle, and later.
      return { state, effects: [{ kind: 'ReportBusy' }] };
    case 'Off':
    case 'Connecting':
    case 'Ready':
      return { state, effects: [] };
  }
};

/** What follows; an input that makes no sense in a state changes nothing. */
export const step = (state: LinkState, input: LinkInput, chance: LinkChance): LinkStep => {
  switch (input.kind) {
    case 'Start':
      return state.kind === 'Off'
        ? { state: { kind: 'Connecting', row: NO_FAILURE }, effects: [{ kind: 'Connect' }] }
        : { state, effects: [] };
    case 'Connected':
      return state.kind === 'Connecting'
        ? {
            state: { kind: 'Registering', row: state.row },
            effects: [{ kind: 'Register' }, { kind: 'SetTimer', ms: BUSY_AFTER_MS }],
          }
        : { state, effects: [] };
    case 'Configured':
      return state.kind === 'Registering'
        ? {
            state: { kind: 'Synchronizing', row: state.row },
            effects: [{ kind: 'SetTimer', ms: BUSY_AFTER_MS }],
          }
        : { state, effects: [] };
    case 'Synchronized':
      return state.kind === 'Synchronizing'
        ? {
            state: { kind: 'Ready', row: state.row, since: chance.now },
            effects: [{ kind: 'ClearTimer' }, { kind: 'ReportConnected' }],
          }
        : { state, effects: [] };
    case 'Lost':
      return lost(state, input.failure, chance);
    case 'TimerFired':
      return timerFired(state);
    case 'Stop':
      return state.kind === 'Off'
        ? { state, effects: [] }
        : { state: { kind: 'Off' }, effects: [{ kind: 'ClearTimer' }, { kind: 'Close' }] };
  }
};
