/** What these tests need of the machine; what is missing is the reason for which a test is skipped. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { BTF_PATH } from '../../../src/bpf/kernel.js';
import { cgroupRoot } from '../../../src/node-enforcer/cgroups.js';
import { reasonOf } from '../../../src/errors.js';

const hierarchyProblem = (): string | false => {
  try {
    cgroupRoot();
    return false;
  } catch (error) {
    return reasonOf(error);
  }
};

/** Why nothing can be traced here, or false. */
export const skip: string | false =
  process.geteuid?.() !== 0
    ? 'needs root'
    : !existsSync(BTF_PATH)
      ? 'needs a kernel with BTF'
      : hierarchyProblem();

/** Why a command is not there to be used, or false. */
export const lacks = (command: string, ...args: readonly string[]): string | false => {
  try {
    execFileSync(command, args, { stdio: 'pipe', input: 'int main(void){return 0;}' });
    return false;
  } catch (error) {
    return `needs ${command}: ${reasonOf(error).split('\n')[0] ?? ''}`;
  }
};
