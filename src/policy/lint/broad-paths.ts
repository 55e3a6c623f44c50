/** Path rules that allow more than their author may know. */
import { accessOf } from '../access.js';
import type { Access } from '../operation.js';
import { matches, parsePattern, segmentsOf } from '../paths.js';
import { covers, overlaps } from '../pattern-order.js';
import type { EffectiveRules } from '../rules.js';
import { finding, named, type Finding } from './types.js';
import { parsed, type Parsed } from './useless.js';

const EVERYTHING = ['/**', '/*/**'];

/** Access that changes what a file holds or which file a name stands for. */
const CHANGES: readonly Access[] = ['Write', 'Create', 'Delete'];

const SYSTEM = ['etc', 'usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'boot'];
const SYSTEM_TREES = SYSTEM.map((name) => ({ name, pattern: parsePattern(`/${name}/**`) }));

/** Programs that run whatever they are told. */
const INTERPRETER =
  /^(?:(?:ba|da|a|z|k|mk|c|tc|fi)?sh|fish|busybox|(?:python|perl|ruby|php|lua|node|nodejs|tclsh|guile)[0-9.]*|pwsh|(?:g|m|n)?awk)$/;
const BINARY_DIRECTORIES = ['/bin', '/usr/bin', '/usr/local/bin'];
const COMMON_INTERPRETERS = BINARY_DIRECTORIES.flatMap((directory) =>
  ['sh', 'bash', 'dash', 'busybox', 'python3', 'perl', 'ruby', 'node'].map(
    (name) => `${directory}/${name}`,
  ),
);

const refusedBy = (deny: readonly Parsed[], path: string): boolean =>
  deny.some(({ pattern }) => matches(pattern, segmentsOf(path)));

const everything = (list: readonly Parsed[], what: string): readonly Finding[] =>
  list.flatMap(({ rule }) =>
    EVERYTHING.includes(rule.pattern)
      ? [
          finding(
            rule.ref,
            'AllowsEverything',
            `allows ${what} everywhere`,
            'Name the directories that the workload uses; a recording finds them.',
          ),
        ]
      : [],
  );

/** Interpreters that a rule of the exec class allows: the one it names, or common ones it matches. */
const interpretersOf = ({ pattern, rule }: Parsed): readonly string[] => {
  const last = pattern.segments.at(-1);
  if (!pattern.below && last?.kind === 'Literal')
    return INTERPRETER.test(last.text) ? [rule.pattern] : [];
  return COMMON_INTERPRETERS.filter((path) => matches(pattern, segmentsOf(path)));
};

const shells = (allow: readonly Parsed[], deny: readonly Parsed[]): readonly Finding[] =>
  allow.flatMap((entry) => {
    const [first] = interpretersOf(entry).filter((path) => !refusedBy(deny, path));
    if (first === undefined) return [];
    const names = first === entry.rule.pattern ? '' : `, such as ${first}`;
    return [
      finding(
        entry.rule.ref,
        'AllowsShell',
        `allows an interpreter${names}: it runs any program text it is given`,
        'Keep it only if the workload starts scripts.',
      ),
    ];
  });

const writable = (
  runs: readonly Parsed[],
  files: readonly Parsed[],
  deny: readonly Parsed[],
): readonly Finding[] => {
  const writes = files.filter(({ rule }) =>
    accessOf(rule).some((access) => access === 'Write' || access === 'Create'),
  );
  const protectedFrom = ({ pattern }: Parsed): boolean =>
    (['Write', 'Create'] as const).every((access) =>
      deny.some(
        ({ rule, pattern: wide }) => accessOf(rule).includes(access) && covers(wide, pattern),
      ),
    );
  return runs.flatMap((entry) => {
    const by = writes.find(({ pattern }) => overlaps(pattern, entry.pattern));
    if (by === undefined || protectedFrom(entry)) return [];
    const itself = by.rule === entry.rule;
    return [
      finding(
        entry.rule.ref,
        'WritableExecutable',
        `can be executed or mapped executable, and written${itself ? '' : ` by ${named(by.rule.ref)}`}`,
        'Whoever takes over the workload could place a program there: separate the two.',
      ),
    ];
  });
};

const systemWrites = (files: readonly Parsed[]): readonly Finding[] =>
  files.flatMap(({ rule, pattern }) => {
    const changes = accessOf(rule).filter((access) => CHANGES.includes(access));
    // What allows everything has its own finding.
    if (changes.length === 0 || EVERYTHING.includes(rule.pattern)) return [];
    const trees = SYSTEM_TREES.filter((tree) => overlaps(tree.pattern, pattern));
    const [first] = trees;
    return first === undefined
      ? []
      : [
          finding(
            rule.ref,
            'WritesSystem',
            `allows ${changes.join(', ')} below /${first.name}`,
            'Programs and settings of the system live there; name the single files that must change.',
          ),
        ];
  });

const bypassed = (rules: EffectiveRules): readonly Finding[] => {
  const mapping = parsed(rules.files.allow).filter(({ rule }) =>
    accessOf(rule).includes('MapExecutable'),
  );
  const refusals = parsed(rules.files.deny).filter(({ rule }) =>
    accessOf(rule).includes('MapExecutable'),
  );
  return parsed(rules.exec.deny).flatMap(({ rule, pattern }) => {
    const by = mapping.find((other) => overlaps(other.pattern, pattern));
    if (by === undefined || refusals.some((other) => covers(other.pattern, pattern))) return [];
    return [
      finding(
        rule.ref,
        'DenyBypassedByMapping',
        `is refused to exec, but ${named(by.rule.ref)} lets the dynamic linker run it`,
        'Refuse MapExecutable for it in files.deny as well.',
      ),
    ];
  });
};

export const broadPathRules = (rules: EffectiveRules): readonly Finding[] => {
  const exec = parsed(rules.exec.allow);
  const files = parsed(rules.files.allow);
  const mapped = files.filter(({ rule }) => accessOf(rule).includes('MapExecutable'));
  return [
    ...everything(exec, 'execution'),
    ...everything(files, 'access'),
    ...shells(exec, parsed(rules.exec.deny)),
    ...writable([...exec, ...mapped], files, parsed(rules.files.deny)),
    ...systemWrites(files),
    ...bypassed(rules),
  ];
};
