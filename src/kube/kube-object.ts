/** Objects as they come from the API server: what every kind has in common. */
import type { Resource } from './resource.js';
import { apiVersionOf } from './resource.js';

export interface KubeMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly [field: string]: unknown;
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: KubeMetadata;
  readonly [field: string]: unknown;
}

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of a value; none where it is no object. */
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** The texts among the fields of a value, such as labels. */
export const textsOf = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fieldsOf(value)).flatMap(([key, text]) =>
      typeof text === 'string' ? [[key, text]] : [],
    ),
  );

const metadataFrom = (value: unknown): KubeMetadata | undefined => {
  if (!isFields(value)) return undefined;
  const { name, namespace, uid, resourceVersion, ...more } = value;
  if (typeof name !== 'string' || typeof uid !== 'string' || typeof resourceVersion !== 'string')
    return undefined;
  // Who set which field is half the size of an object and of no use here.
  const rest = Object.entries(more).filter(([field]) => field !== 'managedFields');
  return {
    ...Object.fromEntries(rest),
    name,
    ...(typeof namespace === 'string' ? { namespace } : {}),
    uid,
    resourceVersion,
  };
};

/**
 * The value as a stored object of that resource, without managedFields, or undefined if it is none.
 * Items of lists of built-in kinds lack apiVersion and kind: they are filled in.
 */
export const kubeObject = (value: unknown, resource: Resource): KubeObject | undefined => {
  if (!isFields(value)) return undefined;
  const metadata = metadataFrom(value.metadata);
  const kind = typeof value.kind === 'string' ? value.kind : resource.kind;
  return metadata && { ...value, apiVersion: apiVersionOf(resource), kind, metadata };
};

/** `namespace/name`, or the name alone: unique among objects of one resource. */
export const nameText = ({
  namespace,
  name,
}: {
  readonly namespace?: string;
  readonly name: string;
}): string => (namespace === undefined ? name : `${namespace}/${name}`);
