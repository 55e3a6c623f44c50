/** Names that the kernel itself makes: procfs, sysfs, cgroupfs, devpts. */
import type { Generalised } from './generalisation.js';

const DIGITS = /^\d+$/;
const PROCESS = /^[1-9]\d*$/;
/** `/proc/<pid>/map_files/55d0c0a00000-55d0c0a21000`. */
const ADDRESS_RANGE = /^[0-9a-f]+-[0-9a-f]+$/;

const procSegment = (name: string, above: readonly string[]): Generalised | undefined => {
  const whole: Generalised = { prefix: '', rule: 'ProcessId' };
  if (above.length === 1) return PROCESS.test(name) ? whole : undefined;
  if (!PROCESS.test(above[1] ?? '')) return undefined;
  const parent = above.at(-1);
  const numbered = parent === 'task' || parent === 'fd' || parent === 'fdinfo';
  if (numbered && DIGITS.test(name)) return whole;
  return parent === 'map_files' && ADDRESS_RANGE.test(name) ? whole : undefined;
};

/** An id inside a cgroup's name: a container's hash, a pod's uuid, a session's or transient unit's number. */
const CGROUP_IDS = [
  /[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}/,
  /(?:(?<![0-9a-z])|(?<=-r))[0-9a-f]{12,64}(?![0-9a-z])/,
  /(?<=^session-|^run-u|^run-)\d+(?=\.(?:scope|service)$)/,
];

const sysSegment = (name: string, above: readonly string[]): Generalised | undefined => {
  if (above[1] === 'fs' && above[2] === 'cgroup') {
    const match = CGROUP_IDS.map((pattern) => pattern.exec(name)).find((hit) => hit !== null);
    return match ? { prefix: name.slice(0, match.index), rule: 'CgroupId' } : undefined;
  }
  const parent = above.join('/');
  if (parent === 'sys/devices/system/cpu' && /^cpu\d+$/.test(name))
    return { prefix: 'cpu', rule: 'Processor' };
  if (parent === 'sys/devices/system/node' && /^node\d+$/.test(name))
    return { prefix: 'node', rule: 'Processor' };
  return undefined;
};

/** The variable part of a segment below /proc, /sys or /dev; everything else there is a fixed name. */
export const procOrSysSegment = (
  name: string,
  above: readonly string[],
): Generalised | undefined => {
  switch (above[0]) {
    case 'proc':
      return procSegment(name, above);
    case 'sys':
      return sysSegment(name, above);
    default:
      return above.length === 2 && above[1] === 'pts' && DIGITS.test(name)
        ? { prefix: '', rule: 'Terminal' }
        : undefined;
  }
};
