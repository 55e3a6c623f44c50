/**
 * How the API server reaches a node that is a virtual machine: it sends what goes to nodes through a proxy
 * (its egress selector), and this is the proxy. An address of the machine leads to the port of the loopback
 * to which the emulator forwards it; so the node has its own address and nobody edits /etc/hosts.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';

export class Tunnel {
  readonly #ports = new Map<string, number>();
  readonly #open = new Set<Duplex>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer().on(
      'connect',
      (request: IncomingMessage, client: Duplex, head: Buffer) => {
        this.#join(request.url ?? '', client, head);
      },
    );
  }

  /** Listens on a socket in the file system. */
  static async on(file: string): Promise<Tunnel> {
    const tunnel = new Tunnel();
    await once(tunnel.#server.listen(file), 'listening');
    return tunnel;
  }

  /** `address` (`10.0.2.15:10250`) leads to this port of the loopback from now on; undefined: nowhere. */
  route(address: string, port: number | undefined): void {
    if (port === undefined) this.#ports.delete(address);
    else this.#ports.set(address, port);
  }

  async close(): Promise<void> {
    for (const stream of this.#open) stream.destroy();
    await once(this.#server.close(), 'close');
  }

  #join(address: string, client: Duplex, head: Buffer): void {
    const port = this.#ports.get(address);
    if (port === undefined) {
      client.end(`HTTP/1.1 502 nothing is known at ${address}\r\n\r\n`);
      return;
    }
    const node = connect({ host: '127.0.0.1', port }, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      node.write(head);
      node.pipe(client).pipe(node);
    });
    for (const [stream, other] of [
      [client, node],
      [node, client],
    ] as const) {
      this.#open.add(stream);
      // An error of one side is told to the other by the end of its connection.
      stream.on('error', () => undefined);
      stream.once('close', () => {
        this.#open.delete(stream);
        other.destroy();
      });
    }
  }
}
