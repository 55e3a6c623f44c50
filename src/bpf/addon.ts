/** The native addon's surface, and the one place that loads it. */
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PinfoldError, reasonOf } from '../errors.js';

export interface MapShape {
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
}

/** A pinned map, of whatever process; usable in any thread. Not for per-CPU maps. */
export interface NativePinnedMap {
  shape(): MapShape;
  lookup(key: Uint8Array): Buffer | undefined;
  update(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): boolean;
  close(): void;
}

export interface NativeObject {
  setAutoload(program: string, on: boolean): void;
  setMaxEntries(map: string, entries: number): void;
  setVariable(name: string, bytes: Uint8Array): void;
  /** Before `load`, which takes the map that is pinned there, or pins its own. */
  setPin(map: string, path: string): void;
  /** As the object asks for it. */
  mapShape(map: string): MapShape;
  load(): void;
  attach(program: string): number;
  attachCgroup(program: string, directory: string, outlive: boolean): number;
  /** From then on the attachment outlives this process. */
  pinLink(link: number, path: string): void;
  detach(link: number): void;
  runIterator(program: string): void;
  lookup(map: string, key: Uint8Array): Buffer | undefined;
  update(map: string, key: Uint8Array, value: Uint8Array): void;
  delete(map: string, key: Uint8Array): boolean;
  entries(map: string): Buffer;
  replaceInner(map: string, key: Uint8Array, valueSize: number, values?: Uint8Array): void;
  programInfo(program: string): {
    readonly id: number;
    readonly recursionMisses: bigint;
    readonly runCount: bigint;
    readonly runTimeNs: bigint;
    readonly instructions: number;
  };
  mapFd(map: string): number;
  close(): void;
}

export interface NativeRing {
  /** Copies whole records into the buffer, each padded to 8; returns the bytes used. */
  drain(buffer: Uint8Array): number;
  /** Gives the room of what was drained back to the kernel. */
  commit(): void;
  /** Calls back when there is something to drain; does not keep the process alive. */
  watch(callback: (status: number) => void): void;
  close(): void;
}

/** A program attached to a cgroup at one of the hooks for addresses. */
export interface CgroupProgram {
  readonly id: number;
  readonly name: string;
  /** `enum bpf_attach_type`. */
  readonly attachType: number;
}

export interface Addon {
  readonly Object: new (path: string) => NativeObject;
  readonly Ring: new (mapFd: number, bytes: number) => NativeRing;
  readonly PinnedMap: new (path: string) => NativePinnedMap;
  pinnedLink(path: string): {
    readonly id: number;
    readonly programId: number;
    readonly recursionMisses: bigint;
  };
  /** Whether programs at cgroups may use the storage of tasks. */
  storageAtCgroups(): boolean;
  /** 0, or the errno with which this kernel refuses an empty program at that LSM hook. */
  probeLsm(hook: string): number;
  programs(): readonly { readonly id: number; readonly name: string; readonly type: number }[];
  links(): readonly { readonly id: number; readonly programId: number }[];
  cgroupPrograms(directory: string): readonly CgroupProgram[];
  /** Whether it was attached there; what a link attached is not detached. */
  detachCgroup(directory: string, programId: number, attachType: number): boolean;
  /** Gives back memory that was needed only to start; takes some ms. */
  releaseMemory(): void;
  readonly cpus: number;
}

/** What the addon throws. */
export interface NativeError extends Error {
  readonly errno: number;
  readonly verifierLog?: string;
}

export const isNativeError = (thrown: unknown): thrown is NativeError =>
  thrown instanceof Error && 'errno' in thrown && typeof thrown.errno === 'number';

const findRoot = (from: string): string => {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from)
    throw new PinfoldError('AddonMissing', { problem: 'no package.json above the program' });
  return findRoot(parent);
};

/** Folder of the installation: where package.json, native/ and dist/ are. */
export const installationRoot = (): string => findRoot(dirname(fileURLToPath(import.meta.url)));

let loaded: Addon | undefined;

/** @throws PinfoldError AddonMissing when it was not built or does not fit this Node. */
export const loadAddon = (): Addon => {
  if (loaded !== undefined) return loaded;
  const path = join(installationRoot(), 'native', 'build', 'Release', 'pinfold.node');
  try {
    loaded = createRequire(import.meta.url)(path) as Addon;
    return loaded;
  } catch (cause) {
    throw new PinfoldError('AddonMissing', { problem: reasonOf(cause) }, { cause });
  }
};
