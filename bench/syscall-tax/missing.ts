/** Which of the commands are not on the PATH, each with the package that has it. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

const onPath = (command: string): boolean =>
  (process.env.PATH ?? '').split(':').some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return true;
    } catch {
      return false; // not in this directory
    }
  });

export const missingCommands = (commands: readonly string[]): readonly string[] =>
  commands.filter((command) => !onPath(command)).map((name) => `${name}: apt-get install ${name}`);
