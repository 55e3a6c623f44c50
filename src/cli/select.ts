/** Which objects `get` and `describe` mean. */
import { isNamespaced, kindNamed, KINDS, resourceOf } from '../api/objects.js';
import type { Kind, PinfoldObject } from '../api/objects.js';
import { oneOf } from '../api/suggest.js';
import { PinfoldError } from '../errors.js';
import type { ObjectReader } from '../store/directory/reader.js';
import type { CommandContext } from './context.js';

export interface Selection {
  readonly kinds: readonly Kind[];
  readonly names: readonly string[];
  readonly allNamespaces: boolean;
}

const kindOf = (word: string): Kind => {
  const kind = kindNamed(word.split('.')[0] ?? word);
  if (kind !== undefined) return kind;
  const known = [...KINDS.map((each) => resourceOf(each).plural), 'all'];
  throw new PinfoldError('UsageError', {
    problem: `no kind is named ${JSON.stringify(word)}; expected ${oneOf(word, known)}`,
  });
};

/**
 * `KIND[,KIND…] [NAME…]`, `KIND/NAME …` or `all`. Throws UsageError.
 */
export const selectionOf = (args: readonly string[], allNamespaces: boolean): Selection => {
  const [first = '', ...rest] = args;
  const slashed = args.filter((arg) => arg.includes('/'));
  if (slashed.length > 0) {
    const pairs = args.map((arg) => arg.split('/'));
    const kinds = new Set(pairs.map(([kind = '']) => kindOf(kind)));
    const [kind] = kinds;
    if (kind === undefined || kinds.size > 1 || pairs.some((pair) => pair.length !== 2))
      throw new PinfoldError('UsageError', {
        problem: `${args.join(' ')} mixes forms; expected KIND NAME… or KIND/NAME… of one kind`,
      });
    return { kinds: [kind], names: pairs.map(([, name = '']) => name), allNamespaces };
  }
  const kinds =
    first === 'all' ? KINDS : [...new Set(first.split(',').map((word) => kindOf(word.trim())))];
  if (rest.length > 0 && allNamespaces)
    throw new PinfoldError('UsageError', {
      problem: 'names cannot be given together with --all-namespaces',
    });
  return { kinds, names: rest, allNamespaces };
};

const notFound = (kind: Kind, name: string, context: CommandContext): PinfoldError => {
  const { namespace } = context.settings;
  const where = isNamespaced(kind) ? ` in namespace ${namespace}` : '';
  return new PinfoldError('ObjectNotFound', {
    object: `${resourceOf(kind).singular} ${name}${where}`,
    directory: 'what was looked at',
  });
};

/**
 * The objects meant, kind by kind, in the order of names given or else of namespace and name.
 * Throws ObjectNotFound for a name that no kind has, and what reading the state throws.
 */
export const selectObjects = async (
  context: CommandContext,
  reader: ObjectReader,
  { kinds, names, allNamespaces }: Selection,
): Promise<readonly PinfoldObject[]> => {
  const isWanted = ({ kind, metadata }: PinfoldObject): boolean =>
    allNamespaces || !isNamespaced(kind) || metadata.namespace === context.settings.namespace;
  const lists = await Promise.all(kinds.map((kind) => reader.list(kind)));
  const objects: readonly PinfoldObject[] = lists.flat().filter(isWanted);
  if (names.length === 0) return objects;
  return names.flatMap((name) => {
    const found = objects.filter(({ metadata }) => metadata.name === name);
    const [kind] = kinds;
    if (found.length === 0 && kind !== undefined) throw notFound(kind, name, context);
    return found;
  });
};
