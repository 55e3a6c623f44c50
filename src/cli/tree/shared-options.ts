/** Options that several commands have, worded once. */
import { OUTPUT_FORMATS, RESULT_FORMATS } from '../print/format.js';
import type { OutputFormat, ResultFormat } from '../print/format.js';
import type { RawOptions } from './raw-options.js';
import type { OptionSpec } from './spec.js';

export const outputOption: OptionSpec = {
  flags: '-o, --output <format>',
  description: 'how objects are printed',
  choices: OUTPUT_FORMATS,
  default: 'table',
};

export const resultOption: OptionSpec = {
  flags: '-o, --output <format>',
  description: 'how the result is printed; table is for people',
  choices: RESULT_FORMATS,
  default: 'table',
};

export const stateOption: OptionSpec = {
  flags: '--state <dir>',
  description: 'state directory of `pinfold up` (PINFOLD_STATE; default /var/lib/pinfold)',
  completes: 'directories',
};

export const auditLogOption: OptionSpec = {
  flags: '--audit-log <file>',
  description: 'audit log (PINFOLD_AUDIT_LOG)',
  completes: 'files',
};

export const namespaceOption: OptionSpec = {
  flags: '-n, --namespace <name>',
  description: 'namespace (PINFOLD_NAMESPACE; default: default)',
  completes: 'nothing',
};

const kubeconfigOption: OptionSpec = {
  flags: '--kubeconfig <file>',
  description: 'the cluster to work with (KUBECONFIG; in a pod: its own)',
  completes: 'files',
};

const contextOption: OptionSpec = {
  flags: '--context <name>',
  description: 'context of the kubeconfig',
  completes: 'nothing',
};

export const clusterOptions: readonly OptionSpec[] = [kubeconfigOption, contextOption];

export const clusterOf = (
  raw: RawOptions,
): { readonly kubeconfig?: string; readonly kubeContext?: string } => {
  const [kubeconfig, kubeContext] = [raw.text('kubeconfig'), raw.text('context')];
  return {
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(kubeContext !== undefined && { kubeContext }),
  };
};

export const outputFormat = (options: RawOptions): OutputFormat =>
  options.choice('output', OUTPUT_FORMATS) ?? 'table';

export const resultFormat = (options: RawOptions): ResultFormat =>
  options.choice('output', RESULT_FORMATS) ?? 'table';
