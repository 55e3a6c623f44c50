/** The shapes of what scripts/generate-api.ts embeds of each CRD. */

/** A CEL rule of a CRD. `message` has the form "what is wrong; expected what would be right". */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
}

/** The part of JSON schema that structural schemas of CRDs use, with Kubernetes' extensions. */
export interface JsonSchema {
  readonly type: string;
  readonly title?: string;
  readonly description: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

/** A column that `kubectl get` and `pinfold get` print. `priority` above 0: only with `-o wide`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  readonly priority?: number;
}

/** What one CRD says of its kind. */
export interface ResourceInfo {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  readonly columns: readonly PrinterColumn[];
  readonly schema: JsonSchema;
}
