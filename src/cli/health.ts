/** Probes of the kubelet: whether this process lives, and whether it does what it is there for. */
import type { Server } from 'node:http';
import { PinfoldError, reasonOf } from '../errors.js';
import { http } from '../kube/node-http.js';

export interface Health {
  readonly port: number;
  close(): Promise<void>;
}

/** `whyNotReady`: undefined where it is. Resolves when it listens. @throws PinfoldError PortUnusable */
export const serveHealth = async (
  port: number,
  whyNotReady: () => string | undefined,
): Promise<Health> => {
  const server = http.createServer((request, response) => {
    const problem = request.url === '/readyz' ? whyNotReady() : undefined;
    const known = request.url === '/readyz' || request.url === '/healthz';
    response.statusCode = !known ? 404 : problem === undefined ? 200 : 503;
    response.setHeader('content-type', 'text/plain');
    response.end(`${known ? (problem ?? 'ok') : 'not found'}\n`);
  });
  await listening(server, port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
};

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new PinfoldError('PortUnusable', { port, problem: reasonOf(cause) }, { cause }));
    });
    server.listen(port, () => {
      resolve();
    });
  });
