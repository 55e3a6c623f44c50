/**
 * Keeps a recording bounded against a workload that makes up names without end: beyond the limit
 * its files are generalised on the spot and the recording goes on with patterns.
 */
import { DEFAULT_LIMITS, type Behaviour, type SeenFile } from './behaviour.js';
import { fileTree, sortedAccess } from './files.js';
import { MANY_FILES } from './limits.js';
import { emptyTree, entries, pathOf, put } from './tree.js';

const isPattern = (segments: readonly string[]): boolean =>
  segments.some((segment) => segment.endsWith('*'));

/** Replaces the files by fewer, wider entries: at most half the limit, where that is possible. */
export const condense = (behaviour: Behaviour): void => {
  const limit = (behaviour.limits ?? DEFAULT_LIMITS).files;
  const target = Math.floor(limit / 2);
  const tree = fileTree(behaviour, { manyFiles: MANY_FILES, target });
  const before = behaviour.files.size;
  const patterns = emptyTree<SeenFile>();
  const condensed: SeenFile[] = [];
  for (const [segments, item] of entries(tree)) {
    const path = pathOf(segments);
    const known = isPattern(segments) ? undefined : behaviour.files.get(path);
    if (known !== undefined) {
      condensed.push(known);
      continue;
    }
    const file: SeenFile = {
      path,
      access: new Set(sortedAccess(item.access)),
      count: item.count,
      firstSeen: item.firstSeen,
      lastSeen: item.lastSeen,
      ...(item.fromArgument && { fromArgument: true }),
      ...(item.raced && { raced: true }),
      generalised: { rules: item.rules, originals: item.originals, examples: item.examples },
    };
    condensed.push(file);
    put(patterns, segments, file, () => undefined);
  }
  behaviour.files.clear();
  // No path begins like that: a pattern `/tmp/x*` must not hide a file that is really called `x*`.
  for (const file of condensed)
    behaviour.files.set(file.generalised ? `pattern:${file.path}` : file.path, file);
  // A tenth of the limit must have become free, or each further file would cost another pass.
  const full = behaviour.files.size > limit * 0.9;
  behaviour.condensed = { patterns, full };
  const key = 'Generalised';
  const note = behaviour.notes.get(key);
  if (note === undefined)
    behaviour.notes.set(key, {
      code: 'Generalised',
      detail: `more than ${String(limit)} distinct files: generalised while recording (${String(before)} to ${String(behaviour.files.size)} entries)`,
      count: 1,
    });
  else note.count += 1;
};
