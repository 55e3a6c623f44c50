/** Files for the machine, over HTTP: it sees our loopback as 10.0.2.2. */
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { HOST_FROM_NODE } from '../../cluster/support/control-plane.js';

/** Does something while the machine can fetch the file from `url`. */
export const withFileServed = async <T>(
  file: string,
  work: (url: string) => Promise<T>,
): Promise<T> => {
  const server = createServer((_request, response) => {
    createReadStream(file)
      .on('error', (error) => response.destroy(error))
      .pipe(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('not a port');
    return await work(`http://${HOST_FROM_NODE}:${address.port}/`);
  } finally {
    server.closeAllConnections();
    await once(server.close(), 'close');
  }
};
