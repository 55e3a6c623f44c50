/** `-o`: the forms in which objects and results are printed, named as kubectl names them. */
export const OUTPUT_FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** For results that are no objects: they have neither a name nor further columns. */
export const RESULT_FORMATS = ['table', 'json', 'yaml'] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];
