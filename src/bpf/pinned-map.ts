/**
 * One pinned map without the session it came from. A worker thread uses it to put a cgroup into its slot
 * before the first process runs there, whatever the main thread is busy with.
 */
import { join } from 'node:path';
import { isNativeError, loadAddon } from './addon.js';
import type { MapShape, NativePinnedMap } from './addon.js';
import { u32, u64 } from './bytes.js';

/** Where a shared map is below a session's `pins`. */
export const mapPin = (pins: string, map: string): string => join(pins, 'maps', map);

export class PinnedMap {
  readonly #map: NativePinnedMap;

  /** Throws the addon's error (ENOENT: nothing is pinned there). */
  constructor(path: string) {
    const { PinnedMap: NativePinnedMapClass } = loadAddon();
    this.#map = new NativePinnedMapClass(path);
  }

  /** As the constructor; undefined where nothing is pinned. */
  static find(path: string): PinnedMap | undefined {
    try {
      return new PinnedMap(path);
    } catch (error) {
      if (isNativeError(error) && error.errno === ENOENT) return undefined;
      throw error;
    }
  }

  get shape(): MapShape {
    return this.#map.shape();
  }

  lookup(key: Uint8Array): Buffer | undefined {
    return this.#map.lookup(key);
  }

  update(key: Uint8Array, value: Uint8Array): void {
    this.#map.update(key, value);
  }

  /** Whether it was there. */
  delete(key: Uint8Array): boolean {
    return this.#map.delete(key);
  }

  close(): void {
    this.#map.close();
  }
}

const ENOENT = 2;

/** cgroup id → slot, as TracingSession.bindCgroup writes it. */
export class PinnedCgroups {
  readonly #map: PinnedMap;

  /** `pins`: that of the session, which must be open or have been. */
  constructor(pins: string) {
    this.#map = new PinnedMap(mapPin(pins, 'pf_cgroups'));
  }

  bind(cgroupId: bigint, slot: number): void {
    this.#map.update(u64(cgroupId), u32(slot));
  }

  slotOf(cgroupId: bigint): number | undefined {
    return this.#map.lookup(u64(cgroupId))?.readUInt32LE();
  }

  /** Whether it was bound. */
  unbind(cgroupId: bigint): boolean {
    return this.#map.delete(u64(cgroupId));
  }

  close(): void {
    this.#map.close();
  }
}
