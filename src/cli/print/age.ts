/** Times as kubectl shows them: how long ago, in at most two units. */

const SECOND = 1000;

const two = (large: number, unit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`;

/**
 * A duration in ms as text: `45s`, `3m20s`, `5h`, `7d12h`, `2y30d`.
 * The steps are those of HumanDuration in k8s.io/apimachinery/pkg/util/duration.
 */
export const durationText = (ms: number): string => {
  const seconds = Math.trunc(ms / SECOND);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return two(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return years < 8 ? two(years, 'y', days % 365, 'd') : `${years}y`;
};

/** How long before `now` (ms since the epoch) an RFC 3339 time was; `<unknown>` for none. */
export const ageText = (time: string | undefined, now: number): string => {
  if (time === undefined) return '<unknown>';
  const at = Date.parse(time);
  return Number.isNaN(at) ? '<invalid>' : durationText(now - at);
};

/** Age of an event: `3s`, or `3s (x14 over 2m)` once it was repeated. All in ms since the epoch. */
export const seriesAge = (
  { count, firstSeen, lastSeen }: { count: number; firstSeen: number; lastSeen: number },
  now: number,
): string => {
  const last = durationText(now - lastSeen);
  return count > 1 ? `${last} (x${count} over ${durationText(now - firstSeen)})` : last;
};
