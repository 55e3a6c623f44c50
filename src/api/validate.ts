/**
 * The meaning of an object, checked as the API server would: schema, list types, CEL rules. What the
 * schema refuses is not judged further, as its rules could not be evaluated.
 */
import type { ErrorObject } from 'ajv';
import { brokenRules, type RuleObserver } from './cel.js';
import { repeatedItems } from './lists.js';
import {
  isNamespaced,
  resourceOf,
  type Kind,
  type ObjectOf,
  type PinfoldObject,
} from './objects.js';
import { pathText, problemOf, type Finding, type PathKey, type Problem } from './problem.js';
import { schemaErrors } from './schema-check.js';
import { findingOf } from './schema-finding.js';
import { isRecord, walk, type Visit } from './schema-walk.js';

export interface ValidateOptions {
  /** The stored object that this one would replace: rules about changes are judged too. */
  readonly old?: PinfoldObject;
  readonly observe?: RuleObserver;
}

export type Checked<K extends Kind = Kind> =
  | { readonly kind: 'Valid'; readonly object: ObjectOf<K> }
  | { readonly kind: 'Invalid'; readonly findings: readonly Finding[] };

/** Every place that holds a finding or has one below it. */
const placesAbove = (findings: readonly Finding[]): ReadonlySet<string> =>
  new Set(findings.flatMap(({ keys }) => keys.map((_, end) => pathText(keys.slice(0, end + 1)))));

/** So many are named; a file with more is not one that somebody corrects place by place. */
const MOST_FINDINGS = 1000;

/** Of a value of the wrong type, only that is said. */
const decisive = (errors: readonly ErrorObject[]): readonly ErrorObject[] => {
  const mistyped = new Set(
    errors.filter(({ keyword }) => keyword === 'type').map(({ instancePath }) => instancePath),
  );
  return errors.filter(
    ({ keyword, instancePath }) => keyword === 'type' || !mistyped.has(instancePath),
  );
};

/** A string that a file can hold by escapes, but no valid UTF-8 text can. */
const brokenText = ({ value, keys }: Visit): readonly Finding[] =>
  typeof value === 'string' && /\p{Surrogate}/u.test(value)
    ? [{ keys, value, message: 'holds half a character', expected: 'valid Unicode' }]
    : [];

const strayNamespace = (kind: Kind, value: unknown): readonly Finding[] => {
  const metadata = isRecord(value) && isRecord(value.metadata) ? value.metadata : {};
  if (isNamespaced(kind) || metadata.namespace === undefined) return [];
  const keys: readonly PathKey[] = ['metadata', 'namespace'];
  const message = `stands on a ${kind}, which belongs to no namespace`;
  return [{ keys, value: metadata.namespace, message, expected: 'no namespace' }];
};

const andMore = (more: number): readonly Finding[] =>
  more <= 0
    ? []
    : [{ keys: [], value: undefined, message: `has ${more} more problems`, expected: 'none' }];

/** Checks a value as an object of that kind. The value stays as it is; the result is a filled copy. */
export const checkObject = <K extends Kind>(
  kind: K,
  value: unknown,
  { old, observe }: ValidateOptions = {},
): Checked<K> => {
  const copy: unknown = structuredClone(value);
  const errors = decisive(schemaErrors(kind, copy));
  const refused = errors.slice(0, MOST_FINDINGS).map((error) => findingOf(error, copy));
  const unsafe = placesAbove(refused);
  const findings = [...refused, ...strayNamespace(kind, copy)];
  walk({ schema: resourceOf(kind).schema, value: copy, old, keys: [] }, (place) => {
    for (const finding of [...brokenText(place), ...repeatedItems(place)]) findings.push(finding);
    const safe =
      unsafe.size === 0 ||
      (place.keys.length > 0 &&
        refused.length === errors.length &&
        !unsafe.has(pathText(place.keys)));
    if (safe) for (const finding of brokenRules(place, observe)) findings.push(finding);
  });
  // The schema accepted the copy as this kind, which is what its generated type says.
  return findings.length === 0
    ? { kind: 'Valid', object: copy as ObjectOf<K> }
    : {
        kind: 'Invalid',
        findings: [
          ...findings.slice(0, MOST_FINDINGS),
          ...andMore(findings.length + errors.length - refused.length - MOST_FINDINGS),
        ],
      };
};

/** Everything that is wrong with the value as an object of that kind; empty: it is valid. */
export const validateObject = (
  kind: Kind,
  value: unknown,
  options: ValidateOptions = {},
): readonly Problem[] => {
  const checked = checkObject(kind, value, options);
  return checked.kind === 'Valid' ? [] : checked.findings.map((finding) => problemOf(finding));
};
