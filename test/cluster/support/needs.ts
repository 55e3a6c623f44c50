/** What a cluster of our own needs of the machine; what is missing is the reason why tests are skipped. */
import { onPath } from '../../support/command.js';
import { areBuilt } from './binaries.js';
import { findGo } from './go.js';

/** The first of these programs that is not here, as a reason, or false. */
export const lacksPrograms = (...names: readonly string[]): string | false => {
  const missing = names.find((name) => onPath(name) === undefined);
  return missing !== undefined && `needs ${missing}`;
};

/** Why there can be no cluster of our own, or false. */
export const skipOwnCluster: string | false =
  process.platform !== 'linux'
    ? 'needs Linux'
    : lacksPrograms('openssl', 'setpriv', 'flock') ||
      (!areBuilt('kubernetes') && findGo() === undefined && 'needs Go, to build Kubernetes');

/** Why there can be no cluster, or false. */
export const skip: string | false = (process.env.KUBECONFIG ?? '') === '' && skipOwnCluster;
