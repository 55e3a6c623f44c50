/**
 * What outlives the process: maps below `<pins>/maps`, and below `<pins>/links` one link for each attached
 * program. The next process takes both over; docs/adr/0011-pins-and-takeover.md says how versions change.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statfsSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { PinfoldError, reasonOf } from '../errors.js';
import { loadAddon } from './addon.js';
import type { MapShape, NativeObject } from './addon.js';
import { u32 } from './bytes.js';
import { LAYOUT, SHARED_LAYOUT, SIZES } from './layout.js';
import { mapPin, PinnedMap } from './pinned-map.js';

/** Everything that engines share; buffers that programs build events in are each engine's own. */
export const SHARED_MAPS = [
  'pf_engine',
  'pf_secret',
  'pf_tasks',
  'pf_cgroups',
  'pf_slots',
  'pf_roots',
  'pf_unseen',
  'pf_policies',
  'pf_network',
  'pf_syscall_bits',
  'pf_seen',
  'pf_counts',
  'pf_failures',
  'pf_security',
  'pf_telemetry',
] as const;

const RINGS: readonly string[] = ['pf_security', 'pf_telemetry'];

/** Ends the name of a link that is about to replace another. */
const NEXT = '_next';

/** f_type of the BPF file system (linux/magic.h). */
const BPF_FS = 0xcafe4a11;

/** What `pf_engine` and `pf_secret` hold. */
export interface EngineState {
  readonly layout: number;
  readonly active: number;
  readonly build: Buffer;
  readonly secret: Buffer;
}

/**
 * With its parents. Node's own `recursive` never returns where a directory refuses new ones with ENOENT, as
 * /sys/fs/bpf does while nothing is mounted there.
 */
const makeDirectory = (directory: string): void => {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
};

const linkPin = (pins: string, program: string): string => join(pins, 'links', program);

const readPinned = (pins: string, map: string): Buffer | undefined => {
  const pinned = PinnedMap.find(mapPin(pins, map));
  try {
    return pinned?.lookup(u32(0));
  } finally {
    pinned?.close();
  }
};

export const encodeEngine = (active: number, build: Uint8Array): Buffer => {
  const value = Buffer.alloc(SIZES.pf_engine);
  value.writeUInt32LE(SHARED_LAYOUT, LAYOUT.pf_engine.layout);
  value.writeUInt32LE(active, LAYOUT.pf_engine.active);
  value.set(build, LAYOUT.pf_engine.build);
  return value;
};

const shapeText = ({ type, keySize, valueSize, maxEntries, flags }: MapShape): string =>
  `type ${String(type)}, key ${String(keySize)}, value ${String(valueSize)}, ${String(maxEntries)} entries, flags ${String(flags)}`;

export class Pins {
  readonly #directory: string;

  /** @throws PinfoldError PinsUnusable */
  constructor(directory: string) {
    this.#directory = directory;
    try {
      for (const part of ['maps', 'links']) makeDirectory(join(directory, part));
    } catch (cause) {
      throw new PinfoldError('PinsUnusable', { directory, problem: reasonOf(cause) }, { cause });
    }
    if (statfsSync(directory).type !== BPF_FS)
      throw new PinfoldError('PinsUnusable', { directory, problem: 'it is no BPF file system' });
    // What a process left that ended in the middle of a change: what it was to replace is in force.
    for (const program of readdirSync(join(directory, 'links')))
      if (program.endsWith(NEXT)) unlinkSync(linkPin(directory, program));
  }

  /** Of the process that was here before; undefined: none, or it attached nothing yet. */
  state(): EngineState | undefined {
    const engine = readPinned(this.#directory, 'pf_engine');
    const secret = readPinned(this.#directory, 'pf_secret');
    if (engine === undefined || secret === undefined) return undefined;
    const { layout, active, build } = LAYOUT.pf_engine;
    if (engine.readUInt32LE(layout) === 0) return undefined;
    return {
      layout: engine.readUInt32LE(layout),
      active: engine.readUInt32LE(active),
      build: engine.subarray(build, build + 32),
      secret,
    };
  }

  /**
   * Makes the object use the pinned maps, or pin its own, when it is loaded. A ring that is there keeps its
   * size. @throws PinfoldError EngineVersionPinned
   */
  share(object: NativeObject, state: EngineState | undefined): void {
    const refuse = (problem: string): never => {
      throw new PinfoldError('EngineVersionPinned', { directory: this.#directory, problem });
    };
    if (state !== undefined && state.layout !== SHARED_LAYOUT)
      refuse(
        `its maps have layout ${String(state.layout)}, this version's ${String(SHARED_LAYOUT)}`,
      );
    for (const map of SHARED_MAPS) {
      const pinned = PinnedMap.find(mapPin(this.#directory, map));
      if (pinned !== undefined) {
        const found = pinned.shape;
        pinned.close();
        if (RINGS.includes(map)) object.setMaxEntries(map, found.maxEntries);
        const wanted = shapeText(object.mapShape(map));
        if (shapeText(found) !== wanted)
          refuse(`${map} is of ${shapeText(found)}; this version's is of ${wanted}`);
      }
      object.setPin(map, mapPin(this.#directory, map));
    }
  }

  /** Bytes of a ring that is pinned. */
  ringBytes(map: string): number | undefined {
    const pinned = PinnedMap.find(mapPin(this.#directory, map));
    const bytes = pinned?.shape.maxEntries;
    pinned?.close();
    return bytes;
  }

  /** Programs that are attached and pinned. */
  attached(): readonly string[] {
    return readdirSync(join(this.#directory, 'links'));
  }

  misses(program: string): bigint {
    return loadAddon().pinnedLink(linkPin(this.#directory, program)).recursionMisses;
  }

  /** Pins a link beside the one that it will replace. */
  pinNext(object: NativeObject, link: number, program: string): void {
    object.pinLink(link, linkPin(this.#directory, `${program}${NEXT}`));
  }

  /** Puts it in the place of the one before: that detaches it, and at no moment is neither attached. */
  replace(program: string): void {
    renameSync(linkPin(this.#directory, `${program}${NEXT}`), linkPin(this.#directory, program));
  }

  unpin(program: string): void {
    unlinkSync(linkPin(this.#directory, program));
  }
}

/** Ends everything that is pinned there; returns the names of the programs that were attached. */
export const detachAll = (directory: string): readonly string[] => {
  const remove = (part: string): readonly string[] => {
    const place = join(directory, part);
    if (!existsSync(place)) return [];
    const names = readdirSync(place);
    for (const name of names) unlinkSync(join(place, name));
    rmdirSync(place);
    return names;
  };
  // Programs first: what they read must be there as long as they run.
  const programs = remove('links');
  remove('maps');
  if (existsSync(directory) && readdirSync(directory).length === 0) rmdirSync(directory);
  return programs;
};
