// SPDX-License-Identifier: Apache-2.0
// Files, an HTTP server with its client, a worker thread and a child.
import { execFileSync } from 'node:child_process';
import { mkdirSync, promises, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { Worker } from 'node:worker_threads';

const fetched = (address) =>
  new Promise((resolve, reject) => {
    get(address, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });

mkdirSync('data');
writeFileSync('data/page', 'hello');
await promises.rename('data/page', 'data/index');
const server = createServer((_, response) => response.end(readFileSync('data/index')));
await new Promise((resolve) => server.listen(23731, '127.0.0.1', resolve));
const texts = await Promise.all(
  Array.from({ length: 10 }, () => fetched('http://127.0.0.1:23731/')),
);
server.close();
server.closeAllConnections();
await new Promise((resolve) =>
  new Worker('require("fs").readFileSync("/etc/hostname")', { eval: true }).on('exit', resolve),
);
const child = execFileSync('/bin/cat', ['data/index'], { encoding: 'utf8' });
rmSync('data', { recursive: true });
console.log(texts.join(' '), child);
