/** What an exported document leaves out: sentences for the person who exports. */
import type { EffectiveRules } from '../rules.js';

type Part = 'exec' | 'files' | 'egress' | 'ingress' | 'capabilities' | 'syscalls';

const limits: Readonly<Record<Part, (rules: EffectiveRules) => boolean>> = {
  exec: ({ exec }) => exec.allow !== undefined || exec.deny.length > 0,
  files: ({ files }) => files.allow !== undefined || files.deny.length > 0,
  egress: ({ egress }) => egress !== undefined,
  ingress: ({ ingress }) => ingress !== undefined,
  capabilities: ({ capabilities }) =>
    capabilities.allow !== undefined || capabilities.deny.length > 0,
  syscalls: ({ syscalls }) => syscalls.allow !== undefined || syscalls.deny.length > 0,
};

/** One sentence for each of `parts` that the profile limits and `format` does not know. */
export const leftOut = (
  rules: EffectiveRules,
  format: string,
  parts: readonly Part[],
): readonly string[] =>
  parts
    .filter((part) => limits[part](rules))
    .map((part) => `${part}: ${format} does not limit this class.`);
