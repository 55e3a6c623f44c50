/** Files of objects: from bytes to validated objects, with line and column for all that is wrong. */
import { PinfoldError } from '../errors.js';
import { API_VERSION, isKind, KINDS, type Kind, type PinfoldObject } from './objects.js';
import { problemOf, problemText, type PathKey, type Position, type Problem } from './problem.js';
import { isRecord } from './schema-walk.js';
import { oneOf } from './suggest.js';
import { textOf } from './text.js';
import { checkObject } from './validate.js';
import { yamlDocuments, type YamlDocument } from './yaml-documents.js';

export interface ParsedObject {
  /** Validated, defaults filled in. */
  readonly object: PinfoldObject;
  readonly file: string;
  /**
   * Place in the file of what the keys lead to, such as `['spec', 'rules', 'exec', 'allow', 3]`; of
   * the innermost part of the way that is there, where the value came from a default.
   */
  readonly locate: (keys: readonly PathKey[]) => Position;
}

export interface CheckedFile {
  readonly objects: readonly ParsedObject[];
  /** Of all documents, in the order of the file. */
  readonly problems: readonly Problem[];
}

/** A message names this many problems; the rest is counted. */
const SHOWN = 100;

const kindOf = ({ value, locate }: YamlDocument, file: string): Kind => {
  const { apiVersion, kind } = isRecord(value) ? value : {};
  if (apiVersion === API_VERSION && isKind(kind)) return kind;
  const known = isKind(kind);
  const { line, column } = locate([known ? 'apiVersion' : 'kind']);
  const named = known ? `${kind} of apiVersion ${JSON.stringify(apiVersion)}` : String(kind);
  throw new PinfoldError('KindUnknown', {
    file,
    line,
    column,
    found: `${named} (line ${line})`,
    expected: `apiVersion ${API_VERSION} with kind ${known ? kind : oneOf(kind, KINDS)}`,
  });
};

const byPosition = (a: Problem, b: Problem): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

/**
 * Reads YAML or JSON, one or more documents, and says everything that is wrong with its objects.
 * Throws PinfoldError FileTooLarge, FileNotUtf8, YamlMalformed, KindUnknown or DocumentEmpty where
 * it is not known which objects they are. `file` is only a name for messages.
 */
export const checkObjects = (input: string | Uint8Array, file: string): CheckedFile => {
  const documents = yamlDocuments(textOf(input, file), file);
  if (documents.length === 0) throw new PinfoldError('DocumentEmpty', { file });
  const objects: ParsedObject[] = [];
  const problems: Problem[] = [];
  for (const document of documents) {
    const checked = checkObject(kindOf(document, file), document.value);
    const { locate } = document;
    if (checked.kind === 'Valid') objects.push({ object: checked.object, file, locate });
    else
      problems.push(
        ...checked.findings
          .map((finding) => problemOf(finding, locate(finding.keys, finding.atName)))
          .sort(byPosition),
      );
  }
  return { objects, problems };
};

const listed = (file: string, problems: readonly Problem[]): string => {
  const lines = problems.slice(0, SHOWN).map((problem) => `  ${problemText(file, problem)}`);
  const more = problems.length - lines.length;
  return [...lines, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n');
};

/** As checkObjects, but throws ObjectInvalid with every problem when there is one. */
export const parseObjects = (input: string | Uint8Array, file: string): readonly ParsedObject[] => {
  const { objects, problems } = checkObjects(input, file);
  if (problems.length > 0)
    throw new PinfoldError('ObjectInvalid', {
      file,
      count: problems.length,
      problems: listed(file, problems),
    });
  return objects;
};
