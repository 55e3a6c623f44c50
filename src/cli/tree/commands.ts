/** Every command of `pinfold`, in the order of the help. */
import { CLUSTER_COMMANDS } from './cluster-commands.js';
import { OFFLINE_COMMANDS } from './offline-commands.js';
import type { CommandSpec } from './spec.js';
import { STATE_COMMANDS } from './state-commands.js';
import { WORKLOAD_COMMANDS } from './workload-commands.js';

const completion: CommandSpec = {
  name: 'completion',
  summary: 'completion for a shell',
  arguments: [
    { name: 'shell', description: 'bash, zsh or fish', completes: ['bash', 'zsh', 'fish'] },
  ],
  options: [],
  examples: [
    ['completion bash > /etc/bash_completion.d/pinfold', 'For every bash of this machine'],
    ['completion zsh > "${fpath[1]}/_pinfold"', 'For zsh'],
    ['completion fish > ~/.config/fish/completions/pinfold.fish', 'For fish'],
  ],
  run: async (context, _options, args) => {
    const { run } = await import('../commands/completion.js');
    return run(context, { commands: COMMANDS }, args);
  },
};

export const COMMANDS: readonly CommandSpec[] = [
  ...WORKLOAD_COMMANDS,
  ...STATE_COMMANDS,
  ...CLUSTER_COMMANDS,
  ...OFFLINE_COMMANDS,
  completion,
];
