/** What to write instead of a path pattern that breaks the grammar of `*`. */

const isSegment = (segment: string): boolean => /^[^*]*[*]?$/.test(segment);

/** A sentence for `expected`, or undefined where the stars are in order. */
export const pathHint = (pattern: string): string | undefined => {
  if (pattern.includes('\0')) return 'a path without NUL bytes: no file can have one';
  const segments = pattern.split('/');
  const wrong = segments.findIndex(
    (segment, index) => !isSegment(segment) && !(segment === '**' && index === segments.length - 1),
  );
  const segment = segments[wrong];
  if (segment === undefined) return undefined;
  const before = segments.slice(0, wrong).join('/');
  if (segment === '**') return `** as the last segment only, for example ${before}/**`;
  const prefix = segment.slice(0, segment.indexOf('*'));
  if (segment.includes('**'))
    return `** as a whole segment, or ${before}/${prefix}* for one segment`;
  return `* as the end of its segment, for example ${before}/${prefix}*`;
};
