/** Where Landlock will decide otherwise than the profile: every kind of path, access by access. */
import type { Access, Operation } from '../operation.js';
import { matches, parsePattern, segmentsOf } from '../paths.js';
import type { EffectiveRules, PathRule } from '../rules.js';
import type { Finding, GapCode } from './gaps.js';
import type { Grants } from './grant.js';
import { parentOf } from './grants.js';
import { FS, MAKE, REMOVE } from './landlock-bits.js';
import { byLandlock, byProfile, isDenied, type Handled, type PathAbilities } from './path-model.js';
import { type PathState, type PathTrie } from './path-trie.js';
import type { FileKind, KindOf } from './types.js';

/** As many kinds of path as a compiled automaton may have states (design, *Rules*). */
const STATES_MAX = 65_536;

/** Ways of using a path that Landlock cannot refuse, and that another step of the ladder may have closed. */
export interface OpenWays {
  readonly mapExecutable: boolean;
  readonly attributes: boolean;
  readonly unixConnect: boolean;
  readonly link: boolean;
}

interface Judged {
  readonly ability: keyof PathAbilities;
  readonly access: Access | 'exec';
  /** Kinds of object that this can be done to. */
  readonly on: FileKind | 'Both';
  readonly rights: number;
  /** Why more is allowed wherever no right of Landlock exists for it. */
  readonly uncontrolled?: GapCode;
  readonly way?: keyof OpenWays;
  readonly by?: string;
}

const JUDGED: readonly Judged[] = [
  { ability: 'readFile', access: 'Read', on: 'File', rights: FS.readFile },
  { ability: 'readDirectory', access: 'Read', on: 'Directory', rights: FS.readDir },
  { ability: 'write', access: 'Write', on: 'File', rights: FS.writeFile },
  { ability: 'create', access: 'Create', on: 'Both', rights: MAKE },
  { ability: 'delete', access: 'Delete', on: 'Both', rights: REMOVE },
  { ability: 'exec', access: 'exec', on: 'File', rights: FS.execute },
  {
    ability: 'mapExecutable',
    access: 'MapExecutable',
    on: 'File',
    rights: 0,
    uncontrolled: 'MapExecutableNotTold',
    way: 'mapExecutable',
  },
  {
    ability: 'attributes',
    access: 'Attributes',
    on: 'Both',
    rights: 0,
    uncontrolled: 'AttributesNotEnforced',
    way: 'attributes',
  },
  {
    ability: 'unixConnect',
    access: 'Write',
    on: 'File',
    rights: 0,
    uncontrolled: 'UnixConnectNotEnforced',
    way: 'unixConnect',
    by: 'connect',
  },
  {
    ability: 'linkFrom',
    access: 'Write',
    on: 'File',
    rights: 0,
    uncontrolled: 'LinkNotTold',
    way: 'link',
    by: 'link',
  },
];

const operationOn = (path: string, access: Access | 'exec'): Operation =>
  access === 'exec'
    ? { kind: 'Exec', object: { path } }
    : { kind: 'File', object: { path }, access: [access] };

/** The grants on the way to `path`, nearest last. */
const sourcesOver = (grants: Grants, path: string, rights: number) => {
  const found = [];
  for (let at = path; ; at = parentOf(at)) {
    const sources = grants.byPath.get(at)?.sources ?? [];
    found.push(...sources.filter((source) => (source.rights & rights) !== 0));
    if (at === '/') return found;
  }
};

interface Comparison {
  readonly rules: EffectiveRules;
  readonly handled: Handled;
  readonly grants: Grants;
  readonly landlockMissing: boolean;
}

interface Explanation {
  readonly code: GapCode;
  /** Asked only while a gap still lacks examples: it reads every rule. */
  readonly rules: () => readonly string[];
}

/** Differences of one class and code whose rules are looked for. */
const EXPLAINED = 8;

const texts = (rules: readonly PathRule[], path: string): readonly string[] =>
  rules
    .filter(({ pattern }) => matches(parsePattern(pattern), segmentsOf(path)))
    .map(({ ref }) => ref.text);

const explainWider = (
  { rules, handled, grants, landlockMissing }: Comparison,
  judged: Judged,
  { path, bits }: PathState,
): Explanation => {
  const isExec = judged.access === 'exec';
  const list = isExec ? rules.exec : rules.files;
  const known = isExec ? handled.exec : handled.files;
  if (judged.uncontrolled !== undefined)
    return { code: judged.uncontrolled, rules: () => texts(list.deny, path) };
  if (isDenied(bits, judged.access))
    return {
      code: landlockMissing
        ? 'LandlockMissing'
        : known
          ? 'DenyInsideAllowed'
          : 'DenyNotExpressible',
      rules: () => texts(list.deny, path),
    };
  if (landlockMissing) return { code: 'LandlockMissing', rules: () => [] };
  const sources = sourcesOver(grants, path, judged.rights).filter(
    ({ reason }) => reason !== undefined,
  );
  const reason = sources[0]?.reason;
  if (reason === undefined) return { code: 'ParentGranted', rules: () => [] };
  return {
    code: reason,
    rules: () => sources.filter((source) => source.reason === reason).map(({ rule }) => rule),
  };
};

const explainNarrower = (
  { rules, handled }: Comparison,
  judged: Judged,
  { path, bits }: PathState,
): Explanation => {
  const isExec = judged.access === 'exec';
  const runs = byLandlock({ ...handled, files: false }, bits).exec;
  return {
    code: isExec && runs ? 'ExecNeedsRead' : 'MissingAtLaunch',
    rules: () => texts((isExec ? rules.exec.allow : rules.files.allow) ?? [], path),
  };
};

/** Classes of MapExecutable follow the profile: a list of programs alone also limits mappings. */
const classOf = (rules: EffectiveRules, { access }: Judged): 'exec' | 'files' =>
  access === 'exec' ||
  (access === 'MapExecutable' && rules.files.allow === undefined && rules.files.deny.length === 0)
    ? 'exec'
    : 'files';

/** `trie` holds the profile's rules and Landlock's grants. */
export const comparePaths = (
  comparison: Comparison,
  trie: PathTrie,
  ways: OpenWays,
  kindOf: KindOf,
): readonly Finding[] => {
  const { rules, handled } = comparison;
  const findings: Finding[] = [];
  const met = new Map<string, number>();
  const judge = (state: PathState): void => {
    const wanted = byProfile(rules, state.bits);
    const real = byLandlock(handled, state.bits);
    for (const judged of JUDGED) {
      const { ability, access, on, way, by } = judged;
      if (wanted[ability] === real[ability]) continue;
      if (state.kind !== undefined && on !== 'Both' && on !== state.kind) continue;
      if (way !== undefined && real[ability] && !ways[way]) continue;
      // How a socket or a link fails is said by the right to write that it lacks.
      if (by !== undefined && !real[ability]) continue;
      // A link needs the right to create; where the files are not listed, a deny is said already.
      if (ability === 'linkFrom' && !handled.files) continue;
      if (state.path === '/' && (ability === 'create' || ability === 'delete')) continue;
      const explain = real[ability] ? explainWider : explainNarrower;
      const { code, rules: rulesOf } = explain(comparison, judged, state);
      const ruleClass = classOf(rules, judged);
      const times = (met.get(`${ruleClass} ${code}`) ?? 0) + 1;
      met.set(`${ruleClass} ${code}`, times);
      if (times > EXPLAINED) continue;
      findings.push({
        class: ruleClass,
        code,
        rules: rulesOf(),
        example: {
          operation: operationOn(state.path, access),
          ...(by === undefined ? {} : { by }),
        },
      });
    }
  };
  const result = trie.walk(
    (state) => {
      judge(state);
      return true;
    },
    kindOf,
    STATES_MAX,
  );
  if (result === 'TooMany') findings.push({ class: 'files', code: 'TooComplexToCompare' });
  return findings;
};

/**
 * A file that a member may change in one of these ways and then run (`Mapped`: or map executable), if
 * there is one.
 */
export const changedThenRun = (
  trie: PathTrie,
  handled: Handled,
  kindOf: KindOf,
  changes: readonly ('write' | 'create' | 'delete')[],
  runs: 'Run' | 'Mapped',
): string | undefined => {
  let found: string | undefined;
  const result = trie.walk(
    (state) => {
      const real = byLandlock(handled, state.bits);
      const isFile = state.kind !== 'Directory';
      const changed = changes.some((change) => real[change]);
      if (isFile && changed && (real.exec || (runs === 'Mapped' && real.mapExecutable)))
        found ??= state.path;
      return found === undefined;
    },
    kindOf,
    STATES_MAX,
  );
  return found ?? (result === 'TooMany' ? '/' : undefined);
};

/** Whether Landlock refuses a move between two directories that the profile allows. */
export const refusesMoves = (
  grants: Grants,
  handled: Handled,
  abi: number,
  kindOf: KindOf,
): boolean => {
  const here = (path: string): number => {
    let rights = 0;
    for (let at = path; ; at = parentOf(at)) {
      if (kindOf(at) === 'Directory') rights |= grants.byPath.get(at)?.rights ?? 0;
      if (at === '/') return rights;
    }
  };
  const places = [...new Set([...grants.byPath.keys(), '/'])]
    .filter((path) => kindOf(path) === 'Directory')
    .map(here);
  const distinct = [...new Set(places)];
  const from = distinct.filter((rights) => !handled.files || (rights & REMOVE) !== 0);
  const to = distinct.filter((rights) => !handled.files || (rights & MAKE) !== 0);
  if (abi < 2) return from.length > 0 && to.length > 0;
  const refers = (rights: number): boolean => (rights & FS.refer) !== 0;
  return from.some((source) =>
    to.some((target) => !refers(source) || !refers(target) || (target & ~source) !== 0),
  );
};
