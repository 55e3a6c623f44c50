/** Files that say where an API server is and as whom to speak to it. */
import { writeFileSync } from 'node:fs';
import type { Authority } from './certificates.js';
import type { Cluster } from './cluster-handle.js';

/** Text of a kubeconfig (JSON, which is YAML) for the holder of the certificate `name`. */
export const kubeconfigText = (authority: Authority, server: string, name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
    clusters: [
      {
        name: 'test',
        cluster: { server, 'certificate-authority-data': authority.base64('ca.crt') },
      },
    ],
    users: [
      {
        name,
        user: {
          'client-certificate-data': authority.base64(`${name}.crt`),
          'client-key-data': authority.base64(`${name}.key`),
        },
      },
    ],
  });

/** Writes it to `name.kubeconfig` beside the certificate; returns the file. */
export const writeKubeconfig = (authority: Authority, server: string, name: string): string => {
  const file = authority.file(`${name}.kubeconfig`);
  writeFileSync(file, kubeconfigText(authority, server, name), { mode: 0o600 });
  return file;
};

/** Text of a kubeconfig for a service account of the namespace `pinfold`. */
export const tokenKubeconfig = async (cluster: Cluster, account: string): Promise<string> => {
  const token = await cluster.kubectl(['-n', 'pinfold', 'create', 'token', account]);
  const view = await cluster.kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']);
  const { clusters } = JSON.parse(view) as { clusters: readonly { readonly name: string }[] };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: clusters[0]?.name, user: 'account' } }],
    clusters,
    users: [{ name: 'account', user: { token: token.trim() } }],
  });
};
