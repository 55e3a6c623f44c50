/** The profile that is changed again and again: of a small web server, with rules of every class that is judged. */
import { isProfile } from '../../src/api/objects.js';
import type { SecurityProfile } from '../../src/api/objects.js';
import { parseObjects } from '../../src/api/parse.js';

export const NAMESPACE = 'shop';
export const PROFILE = 'web';
/** What the profile selects by. */
export const LABELS = { app: 'web' } as const;

const ENTRIES = 30;

const rule = (path: string): unknown => ({ path, access: ['Read'] });

/** Every `change` is another spec: other names and another port are allowed. */
export const profileObject = (change: number): Readonly<Record<string, unknown>> => ({
  apiVersion: 'pinfold.dev/v1alpha1',
  kind: 'SecurityProfile',
  metadata: { name: PROFILE, namespace: NAMESPACE },
  spec: {
    mode: 'Enforce',
    selector: { podSelector: { matchLabels: LABELS } },
    // Enforces what the machine can and watches the rest.
    onDegraded: 'Audit',
    rules: {
      exec: { allow: [{ path: '/bin/**' }, { path: '/usr/bin/**' }] },
      files: {
        allow: [
          { path: '/bin/**', access: ['Read', 'MapExecutable'] },
          ...Array.from({ length: ENTRIES }, (_, at) => rule(`/srv/site-${String(at)}/pages/**`)),
          rule(`/srv/release-${String(change)}/**`),
        ],
        deny: [{ path: '/etc/shadow' }],
      },
      network: {
        egress: [
          {
            to: [{ ipBlock: { cidr: '10.0.0.0/8' } }],
            ports: [{ protocol: 'TCP', port: 1024 + change }],
          },
        ],
      },
    },
  },
});

/** The same as it is read from a manifest. */
export const profileOf = (change: number): SecurityProfile => {
  const text = Buffer.from(JSON.stringify(profileObject(change)));
  const [profile] = parseObjects(text, 'bench.json').map(({ object }) => object);
  if (profile === undefined || !isProfile(profile) || profile.kind !== 'SecurityProfile')
    throw new Error('the profile of this benchmark is not one');
  return profile;
};
