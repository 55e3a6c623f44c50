/** What an operation was done to, as one short phrase: `/etc/shadow [Read]`, `TCP 10.0.0.1:5432`. */
import type { Operation, PathObject } from '../../policy/operation.js';

const pathText = ({ path, deleted, fileless, doubt }: PathObject): string => {
  const marks = [
    ...(deleted === true ? ['deleted'] : []),
    ...(fileless === true ? ['fileless'] : []),
    ...(doubt === undefined ? [] : [doubt]),
  ];
  return marks.length === 0 ? path : `${path} (${marks.join(', ')})`;
};

/** `10.0.0.1:80`, `[2001:db8::1]:80`. */
const endpointText = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** What it was done to. May hold anything that a path may: make it printable before it is shown. */
export const objectText = (operation: Operation): string => {
  switch (operation.kind) {
    case 'Exec':
      return pathText(operation.object);
    case 'File':
      return `${pathText(operation.object)} [${operation.access.join(', ')}]`;
    case 'Connect':
    case 'Bind': {
      const { protocol, address, port } = operation;
      return `${protocol} ${endpointText(address, port)}`;
    }
    case 'Capability':
      return operation.capability;
    case 'Syscall':
      return `${operation.name} (${operation.architecture})`;
    case 'Forbidden':
      return operation.behaviour;
  }
};
