/** What the paths of rules are likely to be, where no machine is at hand to look. */
import { segmentsOf } from '../paths.js';
import type { EffectiveRules } from '../rules.js';
import { parentOf } from './grants.js';
import { joinPath } from './path-trie.js';
import type { FileKind, KindOf } from './types.js';

/** What leads to a rule, or to its wildcard, is a directory; what a rule names and leads nowhere is a file. */
export const hintedKinds = (rules: EffectiveRules): KindOf => {
  const kinds = new Map<string, FileKind>();
  const patterns = [rules.exec, rules.files].flatMap(({ allow, deny }) =>
    [...(allow ?? []), ...deny].map(({ pattern }) => pattern),
  );
  for (const pattern of patterns) {
    const components = segmentsOf(pattern);
    const first = components.findIndex((component) => component.endsWith('*'));
    const base = components.slice(0, first < 0 ? undefined : first).reduce(joinPath, '/');
    if (first >= 0) kinds.set(base, 'Directory');
    else if (!kinds.has(base)) kinds.set(base, 'File');
    for (let at = parentOf(base); at !== '/'; at = parentOf(at)) kinds.set(at, 'Directory');
  }
  return (path) => kinds.get(path);
};
