/**
 * A small web site behind nginx with three holes that real configurations have: an alias without
 * its slash (reads files beside the site), a proxy to where the caller says (reaches other hosts),
 * and a program that is started by a name which somebody else can change.
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface Site {
  readonly folder: string;
  readonly config: string;
  /** What the container would start: a script that starts nginx and follows its log. */
  readonly entry: string;
  /** The name that nginx is started by: a link to it. */
  readonly program: string;
  readonly pidFile: string;
  readonly port: number;
  /** A loopback address and port that the load talks to through the proxy. */
  readonly upstreamPort: number;
  /** A file beside the site that everybody may read. */
  readonly secret: string;
  readonly errorLog: string;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });

const configuration = (folder: string, port: number, upstream: number): string => `
worker_processes 1;
error_log ${folder}/log/error.log;
pid ${folder}/run/nginx.pid;
events { worker_connections 64; }
http {
  access_log ${folder}/log/access.log;
  client_body_temp_path ${folder}/run/body;
  proxy_temp_path ${folder}/run/proxy;
  fastcgi_temp_path ${folder}/run/fastcgi;
  uwsgi_temp_path ${folder}/run/uwsgi;
  scgi_temp_path ${folder}/run/scgi;
  server {
    listen 127.0.0.1:${String(port)};
    listen 127.0.0.1:${String(upstream)};
    root ${folder}/site/www;
    location /static { alias ${folder}/site/www/; }
    location /fetch { proxy_pass http://$arg_to/; proxy_connect_timeout 2s; }
    location /upload/ { dav_methods PUT; }
  }
}
`;

export const prepareSite = async (folder: string): Promise<Site> => {
  chmodSync(folder, 0o755);
  for (const each of ['site/www/upload', 'site/private', 'log', 'run', 'bin'])
    mkdirSync(join(folder, each), { recursive: true });
  for (const each of ['site/www/upload', 'log', 'run']) chmodSync(join(folder, each), 0o777);
  writeFileSync(join(folder, 'site/www/index.html'), '<h1>hello</h1>\n');
  const secret = join(folder, 'site/private/passwords.txt');
  writeFileSync(secret, 'admin:hunter2\n');
  const [port, upstreamPort] = [await freePort(), await freePort()];
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, configuration(folder, port, upstreamPort));
  const program = join(folder, 'bin/nginx');
  symlinkSync('/usr/sbin/nginx', program);
  const entry = join(folder, 'bin/entry.sh');
  const errorLog = join(folder, 'log/error.log');
  writeFileSync(entry, `#!/bin/sh\n${program} -c ${config}\nexec tail -n 0 -F ${errorLog}\n`, {
    mode: 0o755,
  });
  return {
    folder,
    config,
    entry,
    program,
    pidFile: join(folder, 'run/nginx.pid'),
    port,
    upstreamPort,
    secret,
    errorLog,
  };
};
