/** From the files that are there and the objects in force to the objects that shall be: pure. */
import type { PinfoldObject } from '../../api/objects.js';
import type { PinfoldError } from '../../errors.js';
import { canonical } from '../canonical.js';
import { keyOf, keyText } from '../object-key.js';
import type { ObjectKey, StoreEvent } from '../store.js';

export type ManifestFile =
  | { readonly kind: 'Good'; readonly hash: string; readonly objects: readonly PinfoldObject[] }
  | { readonly kind: 'Broken'; readonly hash: string; readonly error: PinfoldError };

/** An object in force and the file it came from. */
export interface InForce {
  readonly source: string;
  readonly object: PinfoldObject;
}

export type Rejection = Extract<StoreEvent, { readonly kind: 'Rejected' }>;

export interface Decision {
  readonly inForce: ReadonlyMap<string, InForce>;
  readonly changed: readonly PinfoldObject[];
  readonly deleted: readonly ObjectKey[];
  readonly rejections: readonly Rejection[];
}

/** Gives an object from a file its identity: uid, generation, creation time, namespace. */
export type Stamp = (object: PinfoldObject, previous: PinfoldObject | undefined) => PinfoldObject;

interface Claim {
  readonly source: string;
  readonly object: PinfoldObject;
}

const claimsIn = (files: ReadonlyMap<string, ManifestFile>): Map<string, Claim[]> => {
  const claims = new Map<string, Claim[]>();
  for (const [source, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (file.kind === 'Broken') continue;
    for (const object of file.objects) {
      const key = keyText(keyOf(object));
      claims.set(key, [...(claims.get(key) ?? []), { source, object }]);
    }
  }
  return claims;
};

const duplicate = (claim: Claim, owner: string): Rejection => ({
  kind: 'Rejected',
  source: claim.source,
  key: keyOf(claim.object),
  code: 'ObjectDuplicate',
  problem: `${keyText(keyOf(claim.object))} is already defined in ${owner}, which stays in force`,
});

const brokenRejections = (
  files: ReadonlyMap<string, ManifestFile>,
  inForce: ReadonlyMap<string, InForce>,
): readonly Rejection[] =>
  [...files].flatMap(([source, file]): readonly Rejection[] => {
    if (file.kind === 'Good') return [];
    const { code, message: problem } = file.error;
    const kept = [...inForce.values()].filter((entry) => entry.source === source);
    const whole: Rejection = { kind: 'Rejected', source, code, problem };
    return kept.length === 0
      ? [whole]
      : kept.map(({ object }) => ({ ...whole, key: keyOf(object) }));
  });

/**
 * A file that is broken keeps what it defined last; of two files with the same object, the one that
 * has it keeps it. `mended`: sources that were broken before; what they define is announced again.
 */
export const decide = (
  previous: ReadonlyMap<string, InForce>,
  files: ReadonlyMap<string, ManifestFile>,
  mended: ReadonlySet<string>,
  stamp: Stamp,
): Decision => {
  const inForce = new Map<string, InForce>();
  const changed: PinfoldObject[] = [];
  const duplicates: Rejection[] = [];
  const claims = claimsIn(files);
  for (const [key, held] of previous) {
    if (files.get(held.source)?.kind === 'Broken') inForce.set(key, held);
  }
  for (const [key, contenders] of claims) {
    const held = previous.get(key);
    const isKept = inForce.has(key);
    const owner = contenders.find(({ source }) => source === held?.source) ?? contenders[0];
    if (!isKept && owner) {
      const object = stamp(owner.object, held?.object);
      inForce.set(key, { source: owner.source, object });
      const isSame = held !== undefined && canonical(held.object) === canonical(object);
      if (!isSame || mended.has(owner.source)) changed.push(object);
    }
    const winner = inForce.get(key)?.source ?? '';
    const losers = contenders.filter((claim) => isKept || claim !== owner);
    duplicates.push(...losers.map((claim) => duplicate(claim, winner)));
  }
  const gone = [...previous].filter(([key]) => !inForce.has(key));
  return {
    inForce,
    changed,
    deleted: gone.map(([, { object }]) => keyOf(object)),
    rejections: [...brokenRejections(files, inForce), ...duplicates],
  };
};
