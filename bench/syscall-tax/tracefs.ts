/** tracefs for bpftrace, mounted where only bpftrace sees it: there is nothing to undo. */
import { readFileSync } from 'node:fs';

const MOUNT_POINT = '/sys/kernel/tracing';

const isMounted = (): boolean => readFileSync('/proc/self/mounts', 'latin1').includes(' tracefs ');

/** One line if this kernel has no tracefs at all. */
export const tracefsGaps = (): readonly string[] =>
  isMounted() || /\ttracefs$/m.test(readFileSync('/proc/filesystems', 'latin1'))
    ? []
    : ['tracefs, which bpftrace finds tracepoints in: a kernel with CONFIG_TRACING=y'];

/** The command, in a mount namespace of its own with tracefs where there is none. Its pid is the command's. */
export const withTracefs = (
  command: readonly [string, ...string[]],
): readonly [string, ...string[]] =>
  isMounted()
    ? command
    : [
        'unshare',
        '--mount',
        '--propagation',
        'private',
        'sh',
        '-c',
        `mount -t tracefs tracefs ${MOUNT_POINT} && exec "$@"`,
        'sh',
        ...command,
      ];
