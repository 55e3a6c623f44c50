/** The objects of pinfold.dev/v1alpha1, and how to tell them apart. */
import { RESOURCES } from './generated/resources.js';
import type {
  ClusterSecurityProfile,
  NodeEnforcement,
  ProfileRevision,
  RecordedBehavior,
  SecurityProfile,
} from './generated/types.js';
import type { ResourceInfo } from './schema.js';

export type * from './generated/types.js';
export type { PrinterColumn, ResourceInfo } from './schema.js';

export const API_VERSION = 'pinfold.dev/v1alpha1';

/** A validated object: every default is filled in. */
export type PinfoldObject =
  SecurityProfile | ClusterSecurityProfile | ProfileRevision | RecordedBehavior | NodeEnforcement;

export type Kind = PinfoldObject['kind'];
export type ObjectOf<K extends Kind> = Extract<PinfoldObject, { readonly kind: K }>;

/** The two kinds that say what a workload may do. */
export type AnyProfile = SecurityProfile | ClusterSecurityProfile;

export const KINDS = [
  'SecurityProfile',
  'ClusterSecurityProfile',
  'ProfileRevision',
  'RecordedBehavior',
  'NodeEnforcement',
] as const satisfies readonly Kind[];

export const isKind = (text: unknown): text is Kind => KINDS.some((kind) => kind === text);

/** Whether an object is of that kind, narrowing its type. */
export const isOfKind = <K extends Kind>(object: PinfoldObject, kind: K): object is ObjectOf<K> =>
  object.kind === kind;

/** Whether an object is a profile, of a namespace or of the cluster. */
export const isProfile = (object: PinfoldObject): object is AnyProfile =>
  object.kind === 'SecurityProfile' || object.kind === 'ClusterSecurityProfile';

/** Names, scope, printer columns and schema of a kind, as its CRD has them. */
export const resourceOf = (kind: Kind): ResourceInfo => RESOURCES[kind];

export const isNamespaced = (kind: Kind): boolean => resourceOf(kind).scope === 'Namespaced';

/** The kind that a user names: kind, singular, plural or short name, in any case. */
export const kindNamed = (text: string): Kind | undefined => {
  const wanted = text.toLowerCase();
  return KINDS.find((kind) => {
    const { plural, singular, shortNames } = resourceOf(kind);
    return wanted === plural || wanted === singular || shortNames.includes(wanted);
  });
};
