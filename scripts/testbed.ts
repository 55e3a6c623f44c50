/** Holds a test bed for a person: prints how to use it and ends it when asked to. */
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LocalBed } from '../test/support/bed/local.js';
import { serveBed } from '../test/support/bed/serve.js';
import { BED_VARIABLE } from '../test/support/bed/share.js';
import { buildImage, IMAGE } from './image/build.js';
import { Node } from '../test/e2e/support/node-handle.js';
import { OwnCluster } from '../test/cluster/support/cluster-handle.js';

const { values } = parseArgs({
  options: {
    'no-node': { type: 'boolean', default: false },
    'without-bpf': { type: 'boolean', default: false },
  },
});

const ended = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
const bed = new LocalBed();
const socket = join(bed.folder, 'bed.sock');
const server = await serveBed(bed, socket);
// Signals while it starts end it too: what it has started by then is stopped.
const use = async (): Promise<void> => {
  const cluster = await bed.cluster();
  if (!values['no-node']) {
    const place = await bed.node({ bpfLsm: !values['without-bpf'] });
    const node = new Node(bed, new OwnCluster(bed, cluster), place);
    await node.importOwnImage();
    node.leave();
    console.log(
      `node ${node.name}, with ${IMAGE} (${(await buildImage()).archive}); its console: ${node.console}`,
    );
  }
  console.log(`export KUBECONFIG=${cluster.kubeconfig}   # for ${cluster.program}`);
  console.log(`export ${BED_VARIABLE}=${socket}   # for npm run test:cluster and test:e2e`);
  console.log('Ctrl-C ends it.');
  await ended;
};
try {
  await Promise.race([use(), ended]);
} finally {
  server.closeAllConnections();
  server.close();
  await bed.close();
}
