/** The programs at cgroups that judge addresses. */
import { PinfoldError, reasonOf } from '../errors.js';
import { loadAddon } from './addon.js';
import type { CgroupProgram, NativeObject } from './addon.js';
import { CGROUP_PROGRAMS } from './programs.js';

/** Detaches programs of Pinfold from a cgroup, as far as `which` says; returns how many. */
export const detachNetworkPrograms = (
  directory: string,
  which: (program: CgroupProgram) => boolean = () => true,
): number => {
  const addon = loadAddon();
  return addon
    .cgroupPrograms(directory)
    .filter(({ name }) => CGROUP_PROGRAMS.some((known) => known === name))
    .filter(which)
    .filter(({ id, attachType }) => addon.detachCgroup(directory, id, attachType)).length;
};

export class NetworkPrograms {
  readonly #object: NativeObject;
  readonly #links = new Map<number, readonly number[]>();

  constructor(object: NativeObject) {
    this.#object = object;
  }

  /** `outlive`: they stay with the cgroup when this process dies, and end with it. */
  attach(slot: number, directory: string, outlive: boolean): void {
    const links = CGROUP_PROGRAMS.map((program) => {
      try {
        return this.#object.attachCgroup(program, directory, outlive);
      } catch (cause) {
        throw new PinfoldError('BpfAttachFailed', { program, problem: reasonOf(cause) }, { cause });
      }
    });
    this.#links.set(slot, [...(this.#links.get(slot) ?? []), ...links]);
  }

  /** Those that were attached to end with this process. */
  detachLinks(slot: number): void {
    for (const link of this.#links.get(slot) ?? []) if (link !== 0) this.#object.detach(link);
    this.#links.delete(slot);
  }
}
