/** A test bed over a socket: the body of a POST are the arguments, its path the question. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Bed, NodeKind } from './bed.js';

export type Asked =
  | { readonly question: Exclude<keyof Bed, 'node'> }
  | { readonly question: 'node'; readonly kind: NodeKind };

const answerTo = (bed: Bed, asked: Asked): Promise<unknown> => {
  switch (asked.question) {
    case 'cluster':
      return bed.cluster();
    case 'stopApiServer':
      return bed.stopApiServer();
    case 'startApiServer':
      return bed.startApiServer();
    case 'node':
      return bed.node(asked.kind);
    case 'stopNode':
      return bed.stopNode();
  }
};

/** Answers on this socket until the server is closed. */
export const serveBed = async (bed: Bed, socket: string): Promise<Server> => {
  const server = createServer((request, response) => {
    json(request)
      .then((asked) => answerTo(bed, asked as Asked))
      .then(
        (answer) => {
          response.end(JSON.stringify({ answer }));
        },
        (error: unknown) => {
          const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
          response.end(JSON.stringify({ failure }));
        },
      );
  });
  await once(server.listen(socket), 'listening');
  return server;
};
