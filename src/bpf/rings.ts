/** The two rings: events that wait, handed over, and their room given back when they are durable. */
import { loadAddon } from './addon.js';
import type { NativeRing } from './addon.js';
import type { Engine } from './engine.js';
import { decodeEvents } from './events.js';
import type { DirectTake, KernelEvent } from './events.js';

const DRAIN_BYTES = 1 << 20;

export class Rings {
  readonly #security: NativeRing;
  readonly #telemetry: NativeRing;
  readonly #buffer = Buffer.allocUnsafe(DRAIN_BYTES);

  constructor({ object, ringBytes }: Pick<Engine, 'object' | 'ringBytes'>) {
    const { Ring } = loadAddon();
    this.#security = new Ring(object.mapFd('pf_security'), ringBytes.security);
    this.#telemetry = new Ring(object.mapFd('pf_telemetry'), ringBytes.telemetry);
  }

  watch(callback: () => void): void {
    this.#security.watch(callback);
    this.#telemetry.watch(callback);
  }

  /** As TracingSession.drain. */
  drain(take: (event: KernelEvent) => void, direct?: DirectTake): number {
    const violations: KernelEvent[] = [];
    let total = this.#drainRing(this.#security, (event) => violations.push(event));
    for (;;) {
      const bytes = this.#telemetry.drain(this.#buffer);
      if (bytes === 0) break;
      total += decodeEvents(this.#buffer, bytes, take, direct);
      this.#telemetry.commit();
    }
    violations.forEach(take);
    this.#security.commit();
    return total;
  }

  /** As TracingSession.drainBytes. */
  drainBytes(take: (bytes: Buffer, length: number) => void): void {
    for (const ring of [this.#security, this.#telemetry]) {
      for (;;) {
        const length = ring.drain(this.#buffer);
        if (length === 0) break;
        take(this.#buffer, length);
        ring.commit();
      }
    }
  }

  #drainRing(ring: NativeRing, take: (event: KernelEvent) => void): number {
    let total = 0;
    for (;;) {
      const bytes = ring.drain(this.#buffer);
      if (bytes === 0) return total;
      total += decodeEvents(this.#buffer, bytes, take);
    }
  }

  close(): void {
    this.#security.close();
    this.#telemetry.close();
  }
}
