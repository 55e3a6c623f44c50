/** What both sides are compared by: one text per distinct item, in classes. */

export const CLASSES = ['syscalls', 'execs', 'files', 'connects', 'binds'] as const;
export type Class = (typeof CLASSES)[number];

/** `x86_64 openat`; `/usr/bin/ls`; `/etc/passwd Read`; `TCP 127.0.0.1:80`. */
export type Items = Readonly<Record<Class, ReadonlySet<string>>>;

export interface Truth {
  /** What has to be in the recording. */
  readonly required: Items;
  /** What strace cannot tell, such as whether O_CREAT created: neither missed nor foreign. */
  readonly possible: Items;
}

export type ItemSets = Readonly<Record<Class, Set<string>>>;

export const emptyItems = (): ItemSets => ({
  syscalls: new Set(),
  execs: new Set(),
  files: new Set(),
  connects: new Set(),
  binds: new Set(),
});

export const endpoint = (protocol: string, address: string, port: number): string =>
  `${protocol} ${address.includes(':') ? `[${address}]` : address}:${String(port)}`;
