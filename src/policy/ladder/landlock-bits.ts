/** Landlock's access rights, as in include/uapi/linux/landlock.h, and the ABI that brought each. */

export const FS = {
  execute: 1 << 0,
  writeFile: 1 << 1,
  readFile: 1 << 2,
  readDir: 1 << 3,
  removeDir: 1 << 4,
  removeFile: 1 << 5,
  makeChar: 1 << 6,
  makeDir: 1 << 7,
  makeReg: 1 << 8,
  makeSock: 1 << 9,
  makeFifo: 1 << 10,
  makeBlock: 1 << 11,
  makeSym: 1 << 12,
  refer: 1 << 13,
  truncate: 1 << 14,
  resolveUnix: 1 << 16,
} as const;

/** IOCTL_DEV (ABI 5) is never handled: no class of a profile is about ioctl. */
export const FIRST_ABI = { refer: 2, truncate: 3, tcp: 4, resolveUnix: 9 } as const;

export const MAKE =
  FS.makeChar | FS.makeDir | FS.makeReg | FS.makeSock | FS.makeFifo | FS.makeBlock | FS.makeSym;
export const REMOVE = FS.removeDir | FS.removeFile;

/** Rights that a rule on something else than a directory may hold. */
export const FILE_RIGHTS = FS.execute | FS.writeFile | FS.readFile | FS.truncate | FS.resolveUnix;

export const NET = { bindTcp: 1 << 0, connectTcp: 1 << 1 } as const;

/** What of `rights` a kernel with this ABI knows. */
export const knownRights = (rights: number, abi: number): number => {
  if (abi < 1) return 0;
  let known = rights;
  if (abi < FIRST_ABI.refer) known &= ~FS.refer;
  if (abi < FIRST_ABI.truncate) known &= ~FS.truncate;
  if (abi < FIRST_ABI.resolveUnix) known &= ~FS.resolveUnix;
  return known;
};
