/** `pinfold export`: a profile for other tools. */
import type { AnyProfile } from '../../api/objects.js';
import { profileName } from '../../policy/compose.js';
import { exportNetworkPolicy } from '../../policy/export/network-policy.js';
import { exportSeccomp } from '../../policy/export/seccomp.js';
import type { EffectiveRules } from '../../policy/rules.js';
import type { RunCommand } from '../context.js';
import { composedProfile } from '../profiles.js';
import { printable } from '../print/printable.js';
import { serialised } from '../print/serialised.js';

export interface ExportOptions {
  readonly format: 'seccomp' | 'networkpolicy';
  /** Absent: the bare document, in the form that its readers expect. */
  readonly output?: 'json' | 'yaml';
}

interface Exported {
  readonly document: object;
  readonly unexpressed: readonly string[];
}

/** A selector of containers or namespaces has no place in a NetworkPolicy, which is about whole pods. */
const selectorGaps = ({ spec }: AnyProfile): readonly string[] => {
  const namespaces = 'namespaceSelector' in spec ? spec.namespaceSelector : undefined;
  return [
    ...(spec.selector?.containers === undefined
      ? []
      : ['selector: NetworkPolicy holds for whole pods, not for single containers.']),
    ...(namespaces === undefined
      ? []
      : ['namespaceSelector: NetworkPolicy holds in one namespace; apply it in each.']),
  ];
};

const networkPolicyOf = (profile: AnyProfile, rules: EffectiveRules): Exported => {
  const { name, namespace } = profile.metadata;
  const podSelector = { ...profile.spec.selector?.podSelector };
  const meta = { name, ...(namespace !== undefined && { namespace }), podSelector };
  const { document, unexpressed } = exportNetworkPolicy(rules, meta);
  return { document, unexpressed: [...unexpressed, ...selectorGaps(profile)] };
};

/** Throws what reading and composing throw. */
export const run: RunCommand<ExportOptions> = async (context, { format, output }, files) => {
  const { profile, rules } = await composedProfile(context, files);
  const { document, unexpressed } =
    format === 'seccomp' ? exportSeccomp(rules) : networkPolicyOf(profile, rules);
  if (output === undefined)
    context.stdout.write(serialised(document, format === 'seccomp' ? 'json' : 'yaml'));
  else {
    const envelope = { profile: profileName(profile), format, document, notExpressed: unexpressed };
    context.stdout.write(serialised(envelope, output));
  }
  for (const line of unexpressed) context.stderr.write(`# not expressed: ${printable(line)}\n`);
  return 0;
};
