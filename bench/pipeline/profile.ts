/** The profile that allows nothing: everything that its programs do is a violation. */
import { parseObjects } from '../../src/api/parse.js';
import { isProfile } from '../../src/api/objects.js';
import { compose } from '../../src/policy/compose.js';
import type { EffectiveRules } from '../../src/policy/rules.js';
import { resolverOver } from '../../src/node-enforcer/profile-input.js';

const TEXT = `
apiVersion: pinfold.dev/v1alpha1
kind: SecurityProfile
metadata: {name: nothing, namespace: bench}
spec:
  mode: Audit
  selector: {podSelector: {}}
  rules:
    exec: {allow: []}
    files: {allow: []}
    network: {egress: [], ingress: []}
    capabilities: {allow: []}
    syscalls: {architectures: [x86_64], allow: []}
`;

export const nothingAllowed = (): EffectiveRules => {
  const profile = parseObjects(Buffer.from(TEXT), 'nothing.yaml')
    .map(({ object }) => object)
    .find(isProfile);
  if (profile === undefined) throw new Error('the profile of this benchmark is not one');
  return compose(profile, resolverOver([]));
};
