/** The live line of a recording: what came in, what was new, what was lost. */

export interface ProgressSample {
  /** ms since the epoch. */
  readonly at: number;
  readonly events: number;
  /** Distinct items held; may fall when a recording is condensed. */
  readonly items: number;
  readonly lost: bigint;
}

export interface Progress {
  readonly startedAt: number;
  readonly latest: ProgressSample;
  /** When an item was last new; the start where none was. */
  readonly newAt: number;
  /** How many items were new at which sample of the last minute. */
  readonly recent: readonly { readonly at: number; readonly added: number }[];
}

const MINUTE = 60_000;

/** A recording that begins at `at` (ms since the epoch). */
export const startProgress = (at: number): Progress => ({
  startedAt: at,
  latest: { at, events: 0, items: 0, lost: 0n },
  newAt: at,
  recent: [],
});

/** Takes in one sample; samples come in the order of time. */
export const stepProgress = (progress: Progress, sample: ProgressSample): Progress => {
  const added = Math.max(0, sample.items - progress.latest.items);
  const kept = progress.recent.filter((entry) => entry.at > sample.at - MINUTE);
  return {
    startedAt: progress.startedAt,
    latest: sample,
    newAt: added > 0 ? sample.at : progress.newAt,
    recent: added > 0 ? [...kept, { at: sample.at, added }] : kept,
  };
};

/** Items that were new within the last minute. */
export const newPerMinute = (progress: Progress): number =>
  progress.recent
    .filter((entry) => entry.at > progress.latest.at - MINUTE)
    .reduce((sum, entry) => sum + entry.added, 0);

const two = (value: number): string => String(value).padStart(2, '0');

/** `00:12`, `1:02:03`. */
export const clockOf = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${String(hours)}:${rest}` : rest;
};

/** `8s`, `3m`, `2h`. */
export const agoOf = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${String(seconds)}s`;
  return seconds < 3600
    ? `${String(Math.floor(seconds / 60))}m`
    : `${String(Math.floor(seconds / 3600))}h`;
};

/** Digits in groups of three, whatever the locale. */
export const grouped = (value: number | bigint): string =>
  String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');

/**
 * One line of at most `width` columns. What matters least goes first where it is too long: events,
 * then the rate, then the name; losses stay to the last.
 */
export const formatProgress = (progress: Progress, name: string, width: number): string => {
  const { latest, startedAt, newAt } = progress;
  const clock = clockOf(latest.at - startedAt);
  const events = `${grouped(latest.events)} events`;
  const items = `${grouped(latest.items)} items`;
  const rate = `${items} (+${grouped(newPerMinute(progress))}/min)`;
  const fresh = latest.items === 0 ? 'nothing yet' : `new ${agoOf(latest.at - newAt)} ago`;
  const lost = `lost ${grouped(latest.lost)}`;
  const forms = [
    [`recording ${name}`, clock, events, rate, fresh, lost],
    [`recording ${name}`, clock, rate, fresh, lost],
    [`recording ${name}`, clock, items, fresh, lost],
    [clock, items, fresh, lost],
    [clock, items, lost],
  ].map((parts) => parts.join('  '));
  return forms.find((form) => form.length <= width) ?? lost.slice(0, Math.max(0, width));
};
