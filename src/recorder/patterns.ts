/** From a recorded path to a pattern of the grammar, segment by segment. */
import type { Generalisation, Generalised } from './generalisation.js';
import { variablePart, type Place } from './names.js';
import { segmentsOf } from './tree.js';

export interface PathContext {
  /** Whether the workload was seen to create this very path. */
  readonly created: (path: string) => boolean;
  readonly pids: ReadonlySet<number>;
  /** Directories (as patterns) whose one- to three-digit hex children are a hash's first digits. */
  readonly hashDirectories: ReadonlySet<string>;
}

export interface Pattern {
  readonly segments: readonly string[];
  readonly rules: readonly Generalisation[];
}

/** What no rule can hold literally: `*`, NUL, and bytes that are not UTF-8 (lone surrogates). */
const INEXPRESSIBLE = /[*\0]|\p{Surrogate}/u;
/** A pattern holds at most 4095 characters; UTF-16 units bound them from above. */
const MAX_LENGTH = 4000;
const FAN_OUT = /^[0-9a-f]{1,3}$/i;
const MAX_FAN_OUT = 3;

const expressible = (name: string): string => {
  const at = name.search(INEXPRESSIBLE);
  return at < 0 ? name : `${name.slice(0, at)}*`;
};

/** `#` and the number of the inode: d_mark_tmpfile in fs/dcache.c. */
const UNNAMED: Generalised = { prefix: '#', rule: 'UnnamedFile' };

const isSerial = (name: string, rule: Generalisation | undefined): boolean =>
  rule === 'Hash' || (rule === 'Counter' && /^\d+$/.test(name));

/** How many directories right above the last segment are the first digits of its hash or number. */
export const fanOutDepth = (
  names: readonly string[],
  lastRule: Generalisation | undefined,
): number => {
  if (!isSerial(names.at(-1) ?? '', lastRule)) return 0;
  let depth = 0;
  while (depth < MAX_FAN_OUT && FAN_OUT.test(names[names.length - 2 - depth] ?? '')) depth += 1;
  return depth;
};

const shorten = (segments: readonly string[]): readonly string[] => {
  let length = 0;
  const fits = segments.filter((segment) => (length += segment.length + 1) <= MAX_LENGTH);
  return fits.length === segments.length ? segments : [...fits.slice(0, -1), '**'];
};

/** How a path was used, as far as it matters to its pattern. */
export interface PathUse {
  /** Keeps all but the surest parts exact. */
  readonly executable: boolean;
  /** The last name is the kernel's for a file without one. */
  readonly unnamed?: boolean;
}

/** The pattern for a path that was used. */
export const patternOf = (path: string, use: PathUse, context: PathContext): Pattern => {
  const names = segmentsOf(path);
  const rules: Generalisation[] = [];
  const segments: string[] = [];
  let lastRule: Generalisation | undefined;
  for (const [at, name] of names.entries()) {
    const above = names.slice(0, at);
    const last = at === names.length - 1;
    const place: Place = {
      above,
      last,
      created: context.created(`/${names.slice(0, at + 1).join('/')}`),
      executable: use.executable,
      pids: context.pids,
    };
    const part = last && use.unnamed === true ? UNNAMED : variablePart(name, place);
    const text = expressible(part === undefined ? name : part.prefix);
    const parent = `/${segments.join('/')}`;
    lastRule = part?.rule;
    if (part !== undefined) {
      rules.push(part.rule);
      segments.push(text.endsWith('*') ? text : `${text}*`);
    } else if (FAN_OUT.test(name) && context.hashDirectories.has(parent)) {
      rules.push('HashDirectory');
      segments.push('*');
    } else {
      if (INEXPRESSIBLE.test(name)) rules.push('Inexpressible');
      segments.push(text);
    }
  }
  const depth = fanOutDepth(names, lastRule);
  for (let up = 1; up <= depth; up++) segments[segments.length - 1 - up] = '*';
  if (depth > 0) rules.push('HashDirectory');
  const short = shorten(segments);
  return { segments: short, rules: short === segments ? rules : [...rules, 'Budget'] };
};

/** The directories below which hex names fan out, found from the hashes at their ends. */
export const hashDirectoriesOf = (
  paths: Iterable<string>,
  context: Omit<PathContext, 'hashDirectories'>,
): ReadonlySet<string> => {
  const found = new Set<string>();
  const plain: PathContext = { ...context, hashDirectories: new Set() };
  for (const path of paths) {
    const names = segmentsOf(path);
    if (!FAN_OUT.test(names.at(-2) ?? '')) continue;
    const { segments, rules } = patternOf(path, { executable: false }, plain);
    if (!rules.includes('HashDirectory')) continue;
    const depth = fanOutDepth(
      names,
      rules.find((rule) => rule === 'Hash' || rule === 'Counter'),
    );
    const root = segments.slice(0, segments.length - 1 - depth);
    for (let level = 0; level < depth; level++)
      found.add(`/${[...root, ...Array<string>(level).fill('*')].join('/')}`);
  }
  return found;
};
