/** Dynamic loaders: what the kernel itself opens to run a program that is linked dynamically. */
import type { EffectiveRules } from '../rules.js';

/** Where the usual distributions keep them (glibc, musl), canonical with and without a merged /usr. */
const USUAL_LOADERS: readonly string[] = ['/lib', '/lib64', '/usr/lib', '/usr/lib64'].flatMap(
  (folder) =>
    [
      'ld-linux-x86-64.so.2',
      'ld-linux.so.2',
      'ld-linux-aarch64.so.1',
      'ld-linux-armhf.so.3',
      'ld-musl-x86_64.so.1',
      'ld-musl-aarch64.so.1',
      'x86_64-linux-gnu/ld-linux-x86-64.so.2',
      'i386-linux-gnu/ld-linux.so.2',
      'x86_64-linux-gnux32/ld-linux-x32.so.2',
      'aarch64-linux-gnu/ld-linux-aarch64.so.1',
      'arm-linux-gnueabihf/ld-linux-armhf.so.3',
    ].map((name) => `${folder}/${name}`),
);

/** ld-linux-x86-64.so.2, ld-2.31.so, ld-musl-x86_64.so.1, ld.so.1 */
const LOADER_NAME = /\/ld([-.][^/]*)?\.so(\.\d+)?$/;

/**
 * Paths that may be loaders: those found on the machine, those a rule names, and files that may be
 * mapped executable but not read: only the kernel maps a file that nobody opened.
 */
export const loaderCandidates = (
  rules: EffectiveRules,
  found: readonly string[] | undefined,
): readonly string[] => {
  const named = (rules.files.allow ?? []).filter(
    ({ pattern, access }) =>
      !pattern.includes('*') &&
      access?.includes('MapExecutable') === true &&
      (LOADER_NAME.test(pattern) || !access.includes('Read')),
  );
  return [...new Set([...(found ?? USUAL_LOADERS), ...named.map(({ pattern }) => pattern)])];
};
