/**
 * The CEL rules of the CRDs (`x-kubernetes-validations`), evaluated as the API server does. The rules
 * keep to what both implementations mean alike: has, size, all, in, startsWith, endsWith, contains,
 * comparison and arithmetic of integers.
 */
import { Environment } from '@marcbachmann/cel-js';
import { PinfoldError, reasonOf } from '../errors.js';
import type { Finding } from './problem.js';
import { isList, isRecord, schemaOfField, type Visit } from './schema-walk.js';
import type { JsonSchema, ValidationRule } from './schema.js';

type Program = (context: { readonly self: unknown; readonly oldSelf?: unknown }) => unknown;

const environment = new Environment()
  .registerVariable('self', 'dyn')
  .registerVariable('oldSelf', 'dyn');

const programs = new Map<string, Program>();

/** Parses and checks a rule once. Throws PinfoldError Internal when it is not valid CEL. */
export const compileRule = (rule: string): Program => {
  const known = programs.get(rule);
  if (known !== undefined) return known;
  try {
    const program = environment.parse(rule);
    const checked = program.check();
    if (!checked.valid) throw checked.error ?? new Error('type check failed');
    programs.set(rule, program);
    return program;
  } catch (thrown) {
    throw new PinfoldError(
      'Internal',
      { problem: `CEL rule ${rule}: ${reasonOf(thrown)}` },
      { cause: thrown },
    );
  }
};

/** A value in CEL's types: what the schema calls an integer is an int there, not a double. */
const celValue = (value: unknown, schema: JsonSchema | undefined): unknown => {
  if (schema?.type === 'integer' && typeof value === 'number') return BigInt(value);
  if (isList(value)) return value.map((item) => celValue(item, schema?.items));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      celValue(field, schema && schemaOfField(schema, name)),
    ]),
  );
};

/** A rule about a change says nothing of an object that is new. */
const isTransition = ({ rule }: ValidationRule): boolean => /\boldSelf\b/.test(rule);

const splitMessage = (message: string): readonly [string, string] => {
  const [wrong = message, right = ''] = message.split('; expected ');
  return [wrong, right];
};

/** Told of each rule that was evaluated, for tests of coverage. */
export type RuleObserver = (schema: JsonSchema, rule: ValidationRule, holds: boolean) => void;

/** The rules of this place that the value breaks. Only for values that their schema accepts. */
export const brokenRules = (
  { schema, value, old, keys }: Visit,
  observe?: RuleObserver,
): readonly Finding[] => {
  const rules = (schema['x-kubernetes-validations'] ?? []).filter(
    (rule) => old !== undefined || !isTransition(rule),
  );
  if (rules.length === 0) return [];
  const context = {
    self: celValue(value, schema),
    ...(old === undefined ? {} : { oldSelf: celValue(old, schema) }),
  };
  return rules.flatMap((rule) => {
    const holds = compileRule(rule.rule)(context) === true;
    observe?.(schema, rule, holds);
    if (holds) return [];
    const [message, expected] = splitMessage(rule.message);
    return [{ keys, value: isRecord(value) ? undefined : value, message, expected }];
  });
};
