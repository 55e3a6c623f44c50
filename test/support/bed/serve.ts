/** A test bed over a socket: the body of a POST are the arguments, its path the question. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Bed } from './bed.js';

export interface Asked {
  readonly question: keyof Bed;
}

const answerTo = (bed: Bed, { question }: Asked): Promise<unknown> => {
  switch (question) {
    case 'cluster':
      return bed.cluster();
    case 'stopApiServer':
      return bed.stopApiServer();
    case 'startApiServer':
      return bed.startApiServer();
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
