/** Operations and plain data as lines for people. */
import type { Operation, PathObject } from '../operation.js';
import { pathRuleText } from '../rule-text.js';
import { shown } from '../text.js';

const objectText = ({ path, deleted, fileless, doubt }: PathObject): string =>
  [
    shown(path),
    ...(fileless ? ['(no file)'] : []),
    ...(deleted ? ['(deleted)'] : []),
    ...(doubt === undefined ? [] : [`(in doubt: ${doubt})`]),
  ].join(' ');

const socketText = (address: string, port: number): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port.toString()}`;

/** `exec /usr/bin/nc`, `open /etc/hosts [Read]`, `connect TCP 192.0.2.1:443`. */
export const operationText = (operation: Operation): string => {
  switch (operation.kind) {
    case 'Exec':
      return `exec ${objectText(operation.object)}`;
    case 'File':
      return `open ${pathRuleText(objectText(operation.object), operation.access)}`;
    case 'Connect':
      return `connect ${operation.protocol} ${socketText(operation.address, operation.port)}`;
    case 'Bind':
      return `bind ${operation.protocol} ${socketText(operation.address, operation.port)}`;
    case 'Capability':
      return `capability ${operation.capability}`;
    case 'Syscall':
      return `syscall ${operation.name} (${operation.architecture})`;
    case 'Forbidden':
      return `behaviour ${operation.behaviour}`;
  }
};

/** Strings that YAML reads back as themselves without quotes; the rest is quoted as JSON does. */
const plainString = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z/][A-Za-z0-9_./*@+-]*$/i;

const scalar = (value: unknown): string =>
  typeof value === 'string' && plainString.test(value) ? value : JSON.stringify(value);

/** Plain data (objects, lists, strings, numbers) as block YAML. */
export const yamlLines = (value: unknown): readonly string[] => {
  if (Array.isArray(value))
    return value.length === 0
      ? ['[]']
      : value.flatMap((item: unknown) =>
          yamlLines(item).map((line, index) => `${index === 0 ? '- ' : '  '}${line}`),
        );
  if (typeof value !== 'object' || value === null) return [scalar(value)];
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  if (entries.length === 0) return ['{}'];
  return entries.flatMap(([key, inner]) => {
    const lines = yamlLines(inner);
    const nested = typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0;
    return nested
      ? [`${key}:`, ...lines.map((line) => `  ${line}`)]
      : [`${key}: ${lines.join('')}`];
  });
};
