/**
 * metadata of every object. A CRD only says `type: object` there because the API server checks it by
 * itself; without a server this schema stands in for that check.
 */

const DNS_SUBDOMAIN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
const DNS_LABEL = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';

const text = (description: string, more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'string',
  description,
  ...more,
});

const textMap = (description: string, ofValue: string) => ({
  type: 'object',
  description,
  additionalProperties: text(ofValue),
});

/** The part of Kubernetes' ObjectMeta that a client may meet, as a JSON schema. */
export const METADATA_SCHEMA = {
  type: 'object',
  title: 'ObjectMeta',
  description: 'Standard metadata of Kubernetes objects.',
  required: ['name'],
  properties: {
    name: text('Name, unique for the kind in its namespace: lower-case letters, digits, - and .', {
      minLength: 1,
      maxLength: 253,
      pattern: DNS_SUBDOMAIN,
    }),
    namespace: text('Namespace; absent for kinds of the whole cluster.', {
      minLength: 1,
      maxLength: 63,
      pattern: DNS_LABEL,
    }),
    generateName: text('Prefix of a name that the server makes.'),
    labels: textMap('Labels for selection.', 'Value of the label.'),
    annotations: textMap('Notes of any kind.', 'Value of the annotation.'),
    uid: text('Identity that the server gave.'),
    resourceVersion: text('Version of the stored object; opaque.'),
    generation: {
      type: 'integer',
      format: 'int64',
      minimum: 0,
      description: 'Raised at each change of spec.',
    },
    creationTimestamp: text('When the object was created.', { format: 'date-time' }),
    deletionTimestamp: text('When its deletion was asked for.', { format: 'date-time' }),
    deletionGracePeriodSeconds: {
      type: 'integer',
      format: 'int64',
      description: 'Seconds until it is removed.',
    },
    finalizers: {
      type: 'array',
      description: 'Who must agree before it is removed.',
      'x-kubernetes-list-type': 'set',
      items: text('Name of a finalizer.'),
    },
    ownerReferences: {
      type: 'array',
      description: 'Objects that this one goes away with.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      items: {
        type: 'object',
        title: 'OwnerReference',
        description: 'One owner.',
        required: ['apiVersion', 'kind', 'name', 'uid'],
        properties: {
          apiVersion: text('Group and version of the owner.'),
          kind: text('Kind of the owner.'),
          name: text('Name of the owner.'),
          uid: text('Identity of the owner.'),
          controller: { type: 'boolean', description: 'Whether it manages this object.' },
          blockOwnerDeletion: {
            type: 'boolean',
            description: 'Whether the owner waits for this object.',
          },
        },
      },
    },
    selfLink: text('Written by old servers.'),
    managedFields: {
      type: 'array',
      description: 'Who set which field; written by the server.',
      items: {
        type: 'object',
        description: 'What one manager set.',
        additionalProperties: true,
      },
    },
  },
};
