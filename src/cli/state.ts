/** Where commands look objects up: a cluster, or the state directory of `pinfold up` of another process. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PinfoldError } from '../errors.js';
import { readState as readDirectory } from '../store/directory/reader.js';
import type { ObjectReader } from '../store/directory/reader.js';
import type { ClusterOptions } from './cluster.js';
import type { CommandContext } from './context.js';

const isDirectory = (directory: string): Promise<boolean> =>
  stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );

/**
 * A state directory where one is named; a cluster where one is named, by flag or KUBECONFIG, or this is a pod;
 * else the default state directory where it is there; else the cluster of ~/.kube/config.
 */
export const isAboutCluster = async (
  { settings, env }: Pick<CommandContext, 'settings' | 'env'>,
  { kubeconfig, kubeContext }: ClusterOptions,
): Promise<boolean> => {
  if (kubeconfig !== undefined || kubeContext !== undefined) return true;
  if (settings.stateNamed) return false;
  if ((env.KUBECONFIG ?? '') !== '' || (env.KUBERNETES_SERVICE_HOST ?? '') !== '') return true;
  if (await isDirectory(settings.stateDirectory)) return false;
  return existsSync(join(env.HOME ?? homedir(), '.kube', 'config'));
};

/** Throws StateMissing where there is no such directory: an empty list would hide a slip of the pen. */
const stateReader = async ({ settings }: CommandContext): Promise<ObjectReader> => {
  const { stateDirectory: directory } = settings;
  if (!(await isDirectory(directory))) throw new PinfoldError('StateMissing', { directory });
  return readDirectory(directory);
};

/** Hands a reader to the work, and lets go of the cluster afterwards. */
export const withReader = async <T>(
  context: CommandContext,
  options: ClusterOptions,
  work: (reader: ObjectReader) => Promise<T>,
): Promise<T> => {
  if (!(await isAboutCluster(context, options))) return work(await stateReader(context));
  const { openCluster } = await import('./cluster.js');
  const cluster = await openCluster(options);
  try {
    return await work(cluster.store);
  } finally {
    await cluster.close();
  }
};
