/** What a machine in an emulator needs of this one; what is missing is the reason to skip. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const COMMANDS = [
  'qemu-system-x86_64',
  'mke2fs',
  'busybox',
  'depmod',
  'cpio',
  'xz',
  'apt-get',
  'gcc',
];

const isOnPath = (command: string): boolean =>
  `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const missing = COMMANDS.filter((command) => !isOnPath(command));

/** Why no machine can be booted here, or false. */
export const skip: string | false =
  process.arch !== 'x64'
    ? 'needs an x86-64 machine'
    : missing.length > 0
      ? `needs ${missing.join(', ')}`
      : false;
