/**
 * `pinfold uninstall`: ends enforcement on every node by a DaemonSet that detaches, then removes what
 * Pinfold consists of. Nothing waits for ever: nodes that do not answer in time are named.
 */
import { PinfoldError } from '../../errors.js';
import { openCluster } from '../cluster.js';
import type { ClusterOptions } from '../cluster.js';
import type { RunCommand } from '../context.js';
import { detachNodes } from '../uninstall/detach-nodes.js';
import { removeParts } from '../uninstall/remove.js';
import { PARTS } from '../uninstall/parts.js';

export interface UninstallOptions extends ClusterOptions {
  readonly yes: boolean;
  readonly image?: string;
  readonly timeoutMs: number;
}

export const run: RunCommand<UninstallOptions> = async (context, options) => {
  const say = (text: string): void => {
    context.stdout.write(`${text}\n`);
  };
  if (!options.yes) {
    say('On every node: enforcement ends and what is pinned there is removed. Then are removed:');
    for (const { resource, name } of PARTS) say(`  ${resource.kind} ${name}`);
    say('and with the kinds all their objects. Give --yes to do it.');
    return 0;
  }
  const cluster = await openCluster(options);
  try {
    const { client } = cluster;
    const deadline = Date.now() + options.timeoutMs;
    const { signal } = context;
    const missing = await detachNodes({
      client,
      say,
      deadline,
      signal,
      ...(options.image === undefined ? {} : { image: options.image }),
    });
    const left = await removeParts({ client, say, deadline, signal });
    if (missing.length > 0 || left.length > 0)
      throw new PinfoldError('UninstallIncomplete', {
        nodes: missing.length === 0 ? 'none' : missing.join(', '),
        objects: left.length === 0 ? 'none' : left.join(', '),
      });
    say('Pinfold is removed.');
    return 0;
  } finally {
    await cluster.close();
  }
};
