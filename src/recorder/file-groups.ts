/** The order in which a person would list files: code first, then what is read, then what is changed. */
import type { LearnedPath } from './generalise.js';

export interface FileGroup {
  readonly title: string;
  readonly rules: readonly LearnedPath[];
}

const changes = ({ access }: LearnedPath): boolean =>
  access.some((kind) => kind !== 'Read' && kind !== 'MapExecutable');

const below = (path: string, ...tops: readonly string[]): boolean =>
  tops.some((top) => path === top || path.startsWith(`${top}/`));

const groups: readonly (readonly [string, (rule: LearnedPath) => boolean])[] = [
  ['programs and libraries', ({ access }) => access.includes('MapExecutable')],
  ['kernel interfaces', ({ path }) => below(path, '/proc', '/sys')],
  ['devices', ({ path }) => below(path, '/dev')],
  ['changed', changes],
  ['configuration', ({ path }) => below(path, '/etc')],
  ['read', () => true],
];

/** How the groups are laid out; a rule belongs to the first test above that it passes. */
const ORDER = [
  'programs and libraries',
  'configuration',
  'read',
  'changed',
  'devices',
  'kernel interfaces',
];

/** The rules in groups, none of them empty, each sorted by path as before. */
export const groupFiles = (rules: readonly LearnedPath[]): readonly FileGroup[] => {
  const titled = rules.map((rule) => ({
    rule,
    title: groups.find(([, test]) => test(rule))?.[0] ?? '',
  }));
  return ORDER.map((title) => ({
    title,
    rules: titled.filter((entry) => entry.title === title).map((entry) => entry.rule),
  })).filter((group) => group.rules.length > 0);
};
