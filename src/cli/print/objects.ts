/** Objects as `kubectl get` prints them; the columns are those of the CRDs. */
import { API_VERSION, resourceOf } from '../../api/objects.js';
import type { Kind, PinfoldObject, PrinterColumn } from '../../api/objects.js';
import { ageText } from './age.js';
import type { OutputFormat } from './format.js';
import { atJsonPath } from './json-path.js';
import { serialised } from './serialised.js';
import { listTable } from './table.js';

export interface ObjectsToPrint {
  readonly objects: readonly PinfoldObject[];
  /** Kinds that were asked for, in that order. */
  readonly kinds: readonly Kind[];
  /** One object was asked for by name: it is printed itself and not a list. */
  readonly isSingle: boolean;
  /** Show the namespace in a table. */
  readonly withNamespace: boolean;
  /** ms since the epoch. */
  readonly now: number;
}

const group = API_VERSION.split('/')[0] ?? '';

/** `securityprofile.pinfold.dev/web`, as kubectl's `-o name`. */
export const qualifiedName = ({ kind, metadata }: PinfoldObject): string =>
  `${resourceOf(kind).singular}.${group}/${metadata.name}`;

const cellOf = (object: PinfoldObject, { jsonPath, type }: PrinterColumn, now: number): string => {
  const value = atJsonPath(object, jsonPath);
  if (type === 'date') return ageText(typeof value === 'string' ? value : undefined, now);
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
};

const tableOf = (kind: Kind, format: 'table' | 'wide', request: ObjectsToPrint) => {
  const { objects, kinds, withNamespace, now } = request;
  const columns = resourceOf(kind).columns.filter(
    ({ priority = 0 }) => format === 'wide' || priority === 0,
  );
  const showsNamespace = withNamespace && resourceOf(kind).scope === 'Namespaced';
  const rows = objects
    .filter((object) => object.kind === kind)
    .map((object) => [
      ...(showsNamespace ? [object.metadata.namespace ?? ''] : []),
      kinds.length > 1 ? qualifiedName(object) : object.metadata.name,
      ...columns.map((column) => cellOf(object, column, now)),
    ]);
  const headers = [
    ...(showsNamespace ? ['namespace'] : []),
    'name',
    ...columns.map(({ name }) => name),
  ];
  return rows.length === 0 ? [] : listTable(headers, rows);
};

/** The whole text; empty where a table or names are asked for and there is no object. */
export const objectsText = (request: ObjectsToPrint, format: OutputFormat): string => {
  const { objects, kinds, isSingle } = request;
  switch (format) {
    case 'json':
    case 'yaml': {
      const [first] = objects;
      const list = { apiVersion: 'v1', kind: 'List', items: objects };
      return serialised(isSingle && first !== undefined ? first : list, format);
    }
    case 'name':
      return objects.map((object) => `${qualifiedName(object)}\n`).join('');
    case 'table':
    case 'wide': {
      const tables = kinds
        .map((kind) => tableOf(kind, format, request))
        .filter((lines) => lines.length > 0);
      // Between the tables of several kinds kubectl leaves a line free.
      return tables.map((lines) => `${lines.join('\n')}\n`).join('\n');
    }
  }
};
