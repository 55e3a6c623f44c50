/** The object of a node that cannot enforce at all: one condition says why, with a code of the error table. */
import { release } from 'node:os';
import { API_VERSION } from '../../api/objects.js';
import type { NodeEnforcement } from '../../api/objects.js';
import type { PinfoldError } from '../../errors.js';
import type { ObjectStore } from '../../store/store.js';

/** `now` in ms since the epoch. Pure. */
export const unableObject = (
  node: string,
  { code, message, remedy }: PinfoldError,
  previous: NodeEnforcement | undefined,
  now: number,
): NodeEnforcement => {
  const known = previous?.status?.conditions?.find(({ type }) => type === 'Ready');
  const lastTransitionTime =
    known?.status === 'False'
      ? known.lastTransitionTime
      : new Date(now).toISOString().replace(/\.\d+/, '');
  return {
    apiVersion: API_VERSION,
    kind: 'NodeEnforcement',
    metadata: { name: node },
    status: {
      ...(previous?.status?.kernel === undefined ? {} : { kernel: previous.status.kernel }),
      profiles: [],
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: code,
          message: `${message} (kernel ${release()}). ${remedy}`,
          lastTransitionTime,
        },
      ],
    },
  };
};

export const reportUnable = async (
  store: ObjectStore,
  node: string,
  error: PinfoldError,
  now: number,
): Promise<void> => {
  const stored = await store.get({ kind: 'NodeEnforcement', name: node });
  const previous = stored?.kind === 'NodeEnforcement' ? stored : undefined;
  await store.apply(unableObject(node, error, previous, now));
};
