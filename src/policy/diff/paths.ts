/** Execution and files: what one profile allows and another does not. */
import { DELETED_EXEC, DELETED_MAP, EXEC, FIRST_ACCESS, QUESTIONS } from '../automaton/types.js';
import { ACCESSES, type Access, type Operation } from '../operation.js';
import { pathRuleText } from '../rule-text.js';
import type { EffectiveRules } from '../rules.js';
import { differ, itemOf, restText, type Sides } from './items.js';
import { accessesIn, operationOf, productOf, type Product } from './product.js';
import { places, regionsOf, type Region } from './regions.js';
import type { DifferenceItem } from './types.js';

type PathClass = 'exec' | 'files';

const bit = (question: number): number => 1 << question;
const MAP = FIRST_ACCESS + ACCESSES.indexOf('MapExecutable');
const FILES = ACCESSES.reduce((mask, _, index) => mask | bit(FIRST_ACCESS + index), 0);

const firstQuestion = (mask: number): number => {
  for (let question = 0; question < QUESTIONS; question++)
    if ((mask & bit(question)) !== 0) return question;
  return EXEC;
};

const regionItem = (sides: Sides, ruleClass: PathClass, region: Region): DifferenceItem => {
  const { pattern, except, example, mask } = region;
  const access = ruleClass === 'files' ? accessesIn(mask) : undefined;
  const but = except.length === 0 ? '' : ` except ${except.join(', ')}`;
  return itemOf(
    sides,
    ruleClass,
    pathRuleText(pattern, access) + but,
    operationOf(firstQuestion(mask), example),
    {
      pattern,
      ...(except.length === 0 ? {} : { except }),
      ...(access === undefined ? {} : { access }),
    },
  );
};

/** One item for the first place that differs in `mask`, and not in `unless`. */
const summary = (
  sides: Sides,
  product: Product,
  ruleClass: PathClass,
  mask: number,
  text: string,
  unless = 0,
): readonly DifferenceItem[] => {
  for (const place of places(product)) {
    const differs = product.differs(place);
    if ((differs & mask) === 0 || (differs & unless) !== 0) continue;
    return [
      itemOf(sides, ruleClass, text, operationOf(firstQuestion(differs & mask), place.example)),
    ];
  }
  return [];
};

type Odd = readonly (readonly [string, Operation])[];

const doubtful = { path: '/', doubt: 'Unreadable' } as const;
const fileless = { path: '/', fileless: true } as const;

const oddExecs: Odd = [
  ['files that never had a name', { kind: 'Exec', object: fileless }],
  ['programs whose path cannot be established', { kind: 'Exec', object: doubtful }],
];

const doubtfulAccess = (access: Access): Odd[number] => [
  `files whose path cannot be established [${access}]`,
  { kind: 'File', object: doubtful, access: [access] },
];

const oddMappings: Odd = [
  [
    'executable mappings of files that never had a name',
    { kind: 'File', object: fileless, access: ['MapExecutable'] },
  ],
  doubtfulAccess('MapExecutable'),
];

const oddFiles: Odd = ACCESSES.filter((access) => access !== 'MapExecutable').map(doubtfulAccess);

const oddItems = (sides: Sides, ruleClass: PathClass, odd: Odd): readonly DifferenceItem[] =>
  odd
    .filter(([, operation]) => differ(sides, operation))
    .map(([what, operation]) => itemOf(sides, ruleClass, what, operation));

/** Execution of objects that have no path, none any more, or none that is certain. */
const oddExecItems = (sides: Sides, product: Product): readonly DifferenceItem[] => [
  ...summary(sides, product, 'exec', bit(DELETED_EXEC), 'deleted files', bit(EXEC)),
  ...oddItems(sides, 'exec', oddExecs),
];

const oddMappingItems = (sides: Sides, product: Product): readonly DifferenceItem[] => {
  const text = 'executable mappings of deleted files';
  return [
    ...summary(sides, product, 'files', bit(DELETED_MAP), text, bit(MAP)),
    ...oddItems(sides, 'files', oddMappings),
  ];
};

/** Questions that only `b` answers from an allow-list. */
const openQuestions = (a: EffectiveRules, b: EffectiveRules): number => {
  const exec = a.exec.allow === undefined && b.exec.allow !== undefined;
  const files = a.files.allow === undefined && b.files.allow !== undefined;
  const map = a.exec.allow === undefined && a.files.allow === undefined && (exec || files);
  return (exec ? bit(EXEC) : 0) | (files ? FILES & ~bit(MAP) : 0) | (map ? bit(MAP) : 0);
};

export const diffPaths = (
  sides: Sides,
  a: EffectiveRules,
  b: EffectiveRules,
): readonly DifferenceItem[] => {
  const product = productOf(sides.a, sides.b);
  const open = openQuestions(a, b);
  const named = (ruleClass: PathClass, questions: number, access: string) => [
    ...summary(sides, product, ruleClass, questions & open, restText(b.profile) + access),
    ...regionsOf(product, questions & ~open).map((region) => regionItem(sides, ruleClass, region)),
  ];
  const accesses = accessesIn(FILES & open).join(', ');
  const exec = named('exec', bit(EXEC), '');
  const files = named('files', FILES, ` [${accesses}]`);
  // Odd objects differ wherever an allow-list does, which needs no saying then.
  const oddExec = exec.length > 0 ? [] : oddExecItems(sides, product);
  const oddFile = files.length > 0 ? [] : oddItems(sides, 'files', oddFiles);
  const none = [...exec, ...oddExec, ...files].length === 0;
  return [
    ...exec,
    ...oddExec,
    ...files,
    ...oddFile,
    ...(none ? oddMappingItems(sides, product) : []),
  ];
};
