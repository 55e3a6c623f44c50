/** "Did you mean": the known word nearest to one that is not known. */

/** Edits (insert, delete, replace, swap of neighbours) between two words: Damerau–Levenshtein, restricted. */
const editDistance = (from: string, to: string): number => {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1];
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(
        Math.min(
          (last[j] ?? Infinity) + 1,
          (row[j - 1] ?? Infinity) + 1,
          (last[j - 1] ?? Infinity) + (same ? 0 : 1),
          swapped ? (beforeLast[j - 2] ?? Infinity) + 1 : Infinity,
        ),
      );
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? Infinity;
};

/** Longer words are not compared: nothing that is known is that long. */
const LONGEST = 64;

const plain = (word: string): string => word.toLowerCase().replace(/^cap_|[^a-z0-9]/g, '');

/** The known word that was probably meant: at most a third of its letters differ. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  if (word.length > LONGEST) return undefined;
  const wanted = plain(word);
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(wanted, plain(candidate)) }))
    .filter(({ candidate, distance }) => distance <= Math.floor(candidate.length / 3))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
};

const LISTED = 12;

/** What of the known words is expected in place of this one, for the `expected` of a problem. */
export const oneOf = (word: unknown, known: readonly string[]): string => {
  const near = typeof word === 'string' ? nearest(word, known) : undefined;
  const listed = known.slice(0, LISTED).join(', ');
  const rest = known.length > LISTED ? `, … (${known.length} in all)` : '';
  const all = known.length === 1 ? listed : `one of ${listed}${rest}`;
  if (near === undefined) return known.length === 0 ? 'no field' : all;
  return known.length === 1 || rest !== ''
    ? `${near} (did you mean that?)`
    : `${near} (did you mean that?); ${all}`;
};
