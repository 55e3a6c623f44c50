/** What is known of the containers that are found by their cgroups, as a condition of the node. Pure. */
import type { PinfoldError } from '../../errors.js';
import type { NodeFinding } from '../agent/node-object.js';

export interface Naming {
  /** Why no container at all is found, if so. */
  readonly blind?: PinfoldError;
  /** Containers whose profiles are known. */
  readonly named: number;
  /** Of each other one: why not. */
  readonly unnamed: readonly PinfoldError[];
}

const TYPE = 'ContainersNamed';

const counted = (count: number): string => `${count} container${count === 1 ? '' : 's'}`;

export const namingFinding = ({ blind, named, unnamed }: Naming): NodeFinding => {
  if (blind !== undefined)
    return { type: TYPE, holds: false, reason: blind.code, message: blind.message };
  const [first] = unnamed;
  if (first === undefined)
    return {
      type: TYPE,
      holds: true,
      reason: 'FoundByCgroup',
      message: 'each container that was found is known by name',
    };
  const more = unnamed.length > 1 ? ` (and ${unnamed.length - 1} more)` : '';
  return {
    type: TYPE,
    holds: false,
    reason: first.code,
    message: `no profile holds for ${counted(unnamed.length)} of ${named + unnamed.length}: ${first.message}${more}`,
  };
};
