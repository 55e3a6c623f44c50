/** Profiles under which everything that the programs do is a violation. */
import { decodeEvents } from '../../src/bpf/events.js';
import { parseObjects } from '../../src/api/parse.js';
import { isProfile } from '../../src/api/objects.js';
import { compose } from '../../src/policy/compose.js';
import type { EffectiveRules } from '../../src/policy/rules.js';
import { resolverOver } from '../../src/node-enforcer/stored-resolver.js';

const textOf = (files: readonly string[]): string => `
apiVersion: pinfold.dev/v1alpha1
kind: SecurityProfile
metadata: {name: nothing, namespace: bench}
spec:
  mode: Audit
  selector: {podSelector: {}}
  rules:
    exec: {allow: []}
    files: {allow: [${files.map((path) => `{path: "${path}", access: [Attributes]}`).join(', ')}]}
    network: {egress: [], ingress: []}
    capabilities: {allow: []}
    syscalls: {architectures: [x86_64], allow: []}
`;

const rulesOf = (text: string): EffectiveRules => {
  const profile = parseObjects(Buffer.from(text), 'nothing.yaml')
    .map(({ object }) => object)
    .find(isProfile);
  if (profile === undefined) throw new Error('the profile of this benchmark is not one');
  return compose(profile, resolverOver([]));
};

export const nothingAllowed = (): EffectiveRules => rulesOf(textOf([]));

/** Has a rule for every file of a capture, so that each path is followed to its end, and allows no use. */
export const ruleForEachFile = (captured: Buffer): EffectiveRules => {
  const paths = new Set<string>();
  decodeEvents(captured, captured.length, (event) => {
    if (event.kind === 'File' && /^(\/[\w.+-]+)+$/.test(event.path.walked))
      paths.add(event.path.walked);
  });
  return rulesOf(textOf([...paths]));
};
