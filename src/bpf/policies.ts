/** Policies: compiled rules that any number of slots share, put in place and replaced whole. */
import { PinfoldError } from '../errors.js';
import type { NativeObject } from './addon.js';
import { u32 } from './bytes.js';
import { MAX_POLICIES, POLICY } from './layout.js';
import { encodePolicy } from './policy-table.js';
import type { CompiledPolicy } from './policy-table.js';

export class Policies {
  readonly #object: NativeObject;
  readonly #keys: readonly bigint[];

  constructor(object: NativeObject, nameKeys: readonly bigint[]) {
    this.#object = object;
    this.#keys = nameKeys;
  }

  /**
   * One update: a verdict is that of the generation before or of this one. Returns when no program can be
   * using the one before. @throws PinfoldError TooComplex
   */
  set(policy: number, compiled: CompiledPolicy, generation: number): void {
    if (!Number.isInteger(policy) || policy < 1 || policy >= MAX_POLICIES)
      throw new PinfoldError('PolicyUnknown', { policy });
    const bytes = encodePolicy(compiled, generation, this.#keys);
    this.#object.replaceInner('pf_policies', u32(policy), POLICY.recordBytes, bytes);
  }

  /** @throws PinfoldError PolicyUnknown */
  require(policy: number): void {
    if (this.#object.lookup('pf_policies', u32(policy)) === undefined)
      throw new PinfoldError('PolicyUnknown', { policy });
  }

  delete(policy: number): void {
    this.#object.replaceInner('pf_policies', u32(policy), POLICY.recordBytes);
  }
}
