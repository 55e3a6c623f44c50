/** `pinfold completion`: a static script for a shell, made from the commands as data. */
import { oneOf } from '../../api/suggest.js';
import { PinfoldError } from '../../errors.js';
import { bashScript } from '../completion/bash.js';
import { fishScript } from '../completion/fish.js';
import { commandWords } from '../completion/words.js';
import { zshScript } from '../completion/zsh.js';
import type { RunCommand } from '../context.js';
import type { CommandSpec } from '../tree/spec.js';

export interface CompletionOptions {
  readonly commands: readonly CommandSpec[];
}

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

const isShell = (name: string): name is keyof typeof SCRIPTS => Object.hasOwn(SCRIPTS, name);

/** Throws UsageError for a shell that is not known. */
export const run: RunCommand<CompletionOptions> = (context, { commands }, [shell = '']) => {
  if (!isShell(shell)) {
    const problem = `no completion for ${shell}; expected ${oneOf(shell, Object.keys(SCRIPTS))}`;
    return Promise.reject(new PinfoldError('UsageError', { problem }));
  }
  context.stdout.write(SCRIPTS[shell](commands.map(commandWords)));
  return Promise.resolve(0);
};
