/** Servers under a load from outside. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Program } from '../program.js';

const run = promisify(execFile);

const NGINX_PORT = 23751;
const REDIS_PORT = 23761;
const READY_MS = 20_000;

const reachable = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });

/** Resolves once something accepts connections at a port of loopback. */
const listening = async (port: number, signal: AbortSignal): Promise<void> => {
  const deadline = Date.now() + READY_MS;
  while (!(await reachable(port))) {
    signal.throwIfAborted();
    if (Date.now() > deadline) throw new Error(`nothing listens at port ${String(port)}`);
    await new Promise((resolve) => setTimeout(resolve, 20)); // between two attempts to connect
  }
};

const nginxConfiguration = (work: string): string => `
daemon off;
user root;
worker_processes 2;
pid ${work}/nginx.pid;
error_log ${work}/error.log;
events { worker_connections 64; }
http {
  access_log ${work}/access.log;
  client_body_temp_path ${work}/body;
  proxy_temp_path ${work}/proxy;
  fastcgi_temp_path ${work}/fastcgi;
  uwsgi_temp_path ${work}/uwsgi;
  scgi_temp_path ${work}/scgi;
  server {
    listen 127.0.0.1:${NGINX_PORT};
    root ${work}/site;
    location /proxy/ { proxy_pass http://127.0.0.1:${NGINX_PORT}/; }
  }
}
`;

export const SERVERS: readonly Program[] = [
  {
    name: 'nginx',
    needs: ['nginx', 'curl'],
    prepare: ({ fixed, work }) => {
      const configuration = join(fixed, 'nginx.conf');
      writeFileSync(configuration, nginxConfiguration(work));
      return {
        command: ['nginx', '-c', configuration],
        fill: (directory) => {
          mkdirSync(join(directory, 'site'));
          for (const n of [1, 2, 3])
            writeFileSync(join(directory, 'site', `page-${n}`), `page ${n}`);
        },
        drive: async (signal) => {
          await listening(NGINX_PORT, signal);
          const at = `http://127.0.0.1:${NGINX_PORT}`;
          const urls = [`${at}/page-[1-3]`, `${at}/proxy/page-[1-3]`, `${at}/missing`];
          const answers: string[] = [];
          for (let round = 0; round < 10; round += 1)
            answers.push((await run('curl', ['-s', '-w', ' %{http_code}\n', ...urls])).stdout);
          return answers.join('');
        },
      };
    },
  },
  {
    name: 'redis',
    needs: ['redis-server', 'redis-cli'],
    prepare: ({ fixed, work }) => {
      const configuration = join(fixed, 'redis.conf');
      writeFileSync(
        configuration,
        `bind 127.0.0.1\nport ${REDIS_PORT}\ndir ${work}\nappendonly yes\ndaemonize no\nlogfile ""\n`,
      );
      return {
        command: ['redis-server', configuration],
        drive: async (signal) => {
          await listening(REDIS_PORT, signal);
          const send = async (...command: readonly string[]) =>
            (await run('redis-cli', ['-p', String(REDIS_PORT), ...command])).stdout;
          const answers: string[] = [];
          for (let n = 0; n < 20; n += 1)
            answers.push(await send('set', `key-${String(n)}`, 'x'.repeat(100)));
          answers.push(await send('get', 'key-1'), await send('save'));
          return answers.join('');
        },
      };
    },
  },
];
