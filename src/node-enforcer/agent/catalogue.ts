/**
 * The version of each profile that is in force: the newest that composes. An older one is kept where
 * the newest does not, also over a restart.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyProfile } from '../../api/objects.js';
import { PinfoldError, reasonOf } from '../../errors.js';
import { compose } from '../../policy/compose.js';
import type { Resolver } from '../../policy/compose.js';
import { filePathOf, keyOf, keyText } from '../../store/object-key.js';
import { replaceFile } from '../../store/replace-file.js';
import { selectionOf } from '../matching.js';
import type { Selection } from '../matching.js';
import type { GoodProfile } from './realise.js';

/** A profile in force with what it holds for. */
export interface InForce extends GoodProfile {
  readonly selection: Selection;
  /** Cgroups that it names. */
  readonly cgroups?: readonly string[];
}

/** How a profile stands here. */
export interface Standing {
  /** Absent: no version of it ever was good. */
  readonly inForce?: InForce;
  /** Why the newest version is not in force. */
  readonly refusal?: PinfoldError;
}

const cgroupsOf = (profile: AnyProfile): readonly string[] | undefined =>
  profile.kind === 'ClusterSecurityProfile' ? profile.spec.cgroups : undefined;

const inForceOf = (profile: AnyProfile, resolve: Resolver): InForce => {
  const { mode, onDegraded, severity } = profile.spec;
  const cgroups = cgroupsOf(profile);
  const id = keyText(keyOf(profile));
  return {
    id,
    selection: selectionOf(id, profile),
    generation: profile.metadata.generation ?? 1,
    mode,
    onDegraded,
    severity,
    rules: compose(profile, resolve),
    ...(cgroups === undefined ? {} : { cgroups }),
  };
};

/** Ours, in a directory that only root may write: its shape is checked as far as a crash can harm it. */
const isInForce = (value: unknown): value is InForce =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  typeof value.id === 'string' &&
  'generation' in value &&
  typeof value.generation === 'number' &&
  'rules' in value &&
  typeof value.rules === 'object' &&
  'selection' in value &&
  typeof value.selection === 'object';

export class Catalogue {
  readonly #directory: string;
  readonly #inForce = new Map<string, InForce>();

  /** Reads what an earlier process had in force. @throws PinfoldError OutputFailed */
  constructor(state: string) {
    this.#directory = join(state, 'node', 'in-force');
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    } catch (cause) {
      const fields = { file: this.#directory, problem: reasonOf(cause) };
      throw new PinfoldError('OutputFailed', fields, { cause });
    }
    for (const name of readdirSync(this.#directory)) {
      const known = this.#read(join(this.#directory, name));
      if (known !== undefined) this.#inForce.set(known.id, known);
    }
  }

  /** The version in force, now that the profile is as given, and why it is not that one. */
  update(profile: AnyProfile, resolve: Resolver): Standing {
    const id = keyText(keyOf(profile));
    const known = this.#inForce.get(id);
    let next: InForce;
    try {
      next = inForceOf(profile, resolve);
    } catch (error) {
      if (!(error instanceof PinfoldError)) throw error;
      return { refusal: error, ...(known === undefined ? {} : { inForce: known }) };
    }
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(next))
      return { inForce: known };
    this.#inForce.set(id, next);
    this.#write(profile, next);
    return { inForce: next };
  }

  /** Forgets all that is not among these ids: their profiles were deleted. */
  retain(ids: ReadonlySet<string>): void {
    for (const [id] of [...this.#inForce]) if (!ids.has(id)) this.#inForce.delete(id);
    for (const name of readdirSync(this.#directory)) {
      const file = join(this.#directory, name);
      const id = this.#read(file)?.id;
      if (id === undefined || !ids.has(id)) rmSync(file, { force: true });
    }
  }

  #read(file: string): InForce | undefined {
    try {
      const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
      return isInForce(value) ? value : undefined;
    } catch {
      return undefined; // cut by a crash: the manifest itself decides
    }
  }

  #write(profile: AnyProfile, next: InForce): void {
    const file = join(this.#directory, filePathOf(keyOf(profile)).replaceAll('/', '+'));
    replaceFile(file, JSON.stringify(next));
  }
}
