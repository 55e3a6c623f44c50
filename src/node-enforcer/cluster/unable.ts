/** The object of a node that cannot enforce at all: one condition says why, with a code of the error table. */
import { release } from 'node:os';
import { API_VERSION } from '../../api/objects.js';
import type { NodeEnforcement, OwnerReference } from '../../api/objects.js';
import type { PinfoldError } from '../../errors.js';
import type { ObjectStore } from '../../store/store.js';
import { conditionOf, nodeMetadata } from '../agent/node-object.js';
import type { NodeFinding } from '../agent/node-object.js';

export interface Unable {
  readonly node: string;
  readonly error: PinfoldError;
  /** What else is found of this node. */
  readonly findings: readonly NodeFinding[];
  /** The Node, where it is known. */
  readonly owner?: OwnerReference;
}

/** `previous`: the object as stored; `now` in ms since the epoch. Pure. */
export const unableObject = (
  { node, error, findings, owner }: Unable,
  previous: NodeEnforcement | undefined,
  now: number,
): NodeEnforcement => {
  const { message, remedy } = error;
  const ready: NodeFinding = {
    type: 'Ready',
    holds: false,
    reason: error.code,
    message: `${message} (kernel ${release()}). ${remedy}`,
  };
  const before = previous?.status?.conditions ?? [];
  return {
    apiVersion: API_VERSION,
    kind: 'NodeEnforcement',
    metadata: nodeMetadata(node, owner),
    status: {
      ...(previous?.status?.kernel === undefined ? {} : { kernel: previous.status.kernel }),
      profiles: [],
      conditions: [ready, ...findings].map((finding) => conditionOf(finding, before, now)),
    },
  };
};

export const reportUnable = async (
  store: ObjectStore,
  unable: Unable,
  now: number,
): Promise<void> => {
  const stored = await store.get({ kind: 'NodeEnforcement', name: unable.node });
  const previous = stored?.kind === 'NodeEnforcement' ? stored : undefined;
  await store.apply(unableObject(unable, previous, now));
};
