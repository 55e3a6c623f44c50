/** What is remarkable about valid profiles, at the places in their files. */
import { isProfile } from '../../api/objects.js';
import type { AnyProfile } from '../../api/objects.js';
import type { ParsedObject } from '../../api/parse.js';
import type { PathKey } from '../../api/problem.js';
import { PinfoldError } from '../../errors.js';
import type { ErrorCode } from '../../errors.js';
import { resolverOver } from '../../node-enforcer/stored-resolver.js';
import { compose, profileName } from '../../policy/compose.js';
import { effectiveRules } from '../../policy/effective.js';
import { lint } from '../../policy/lint/lint.js';
import type { Finding } from '../../policy/lint/types.js';
import type { EffectiveRules } from '../../policy/rules.js';
import type { LintFinding } from './result.js';

interface ParsedProfile extends ParsedObject {
  readonly object: AnyProfile;
}

const isParsedProfile = (parsed: ParsedObject): parsed is ParsedProfile => isProfile(parsed.object);

/** `spec.rules.exec.allow[3]` → its keys. Paths of findings have no other forms of step. */
const keysOf = (path: string): readonly PathKey[] =>
  [...path.matchAll(/([A-Za-z]\w*)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));

/** What a profile refers to may be defined elsewhere, such as in the cluster. */
const ELSEWHERE: Readonly<Partial<Record<ErrorCode, string>>> = {
  ExtendsMissing: 'extends',
  RevisionMissing: 'baseRevision',
};

const fromComposing = (parsed: ParsedProfile, error: PinfoldError): LintFinding => {
  const elsewhere = ELSEWHERE[error.code];
  const key = elsewhere ?? 'extends';
  return {
    severity: elsewhere === undefined ? 'Error' : 'Warning',
    code: error.code,
    file: parsed.file,
    ...parsed.locate(['spec', key]),
    profile: profileName(parsed.object),
    path: `spec.${key}`,
    message: elsewhere === undefined ? error.message : `${error.message} in these files`,
    suggestion:
      elsewhere === undefined ? error.remedy : 'Give its file as well, or make sure it is there.',
  };
};

const fromFinding = (holder: ParsedObject, finding: Finding): LintFinding => ({
  severity: finding.severity,
  code: finding.code,
  file: holder.file,
  ...holder.locate(keysOf(finding.path)),
  profile: finding.profile,
  path: finding.path,
  message: finding.message,
  suggestion: finding.suggestion,
});

/** Effective rules with what is extended; without it, where that cannot be found or does not compose. */
const rulesOf = (
  parsed: ParsedProfile,
  objects: readonly ParsedObject[],
): { readonly rules?: EffectiveRules; readonly problem?: LintFinding } => {
  const { object } = parsed;
  const attempt = (make: () => EffectiveRules) => {
    try {
      return { rules: make() };
    } catch (thrown) {
      if (thrown instanceof PinfoldError) return { problem: fromComposing(parsed, thrown) };
      throw thrown;
    }
  };
  const resolver = resolverOver(objects.map((each) => each.object));
  const whole = attempt(() => compose(object, resolver));
  if (whole.problem?.severity !== 'Warning') return whole;
  return {
    ...attempt(() => effectiveRules(profileName(object), object.spec.rules)),
    problem: whole.problem,
  };
};

const nameOf = ({ object }: ParsedObject): string =>
  isProfile(object) ? profileName(object) : object.metadata.name;

/**
 * Findings about all profiles of the objects. What one profile inherits from another of them is
 * found once, where it stands.
 */
export const semanticFindings = (objects: readonly ParsedObject[]): readonly LintFinding[] => {
  const holders = new Map(objects.map((parsed) => [nameOf(parsed), parsed]));
  const seen = new Set<string>();
  return objects.filter(isParsedProfile).flatMap((parsed) => {
    const { rules, problem } = rulesOf(parsed, objects);
    const findings = (rules === undefined ? [] : lint(rules)).map((finding) =>
      // Of several files with the same profile, each is judged for itself.
      fromFinding(
        finding.profile === nameOf(parsed) ? parsed : (holders.get(finding.profile) ?? parsed),
        finding,
      ),
    );
    return [...(problem === undefined ? [] : [problem]), ...findings].filter((finding) => {
      const key = JSON.stringify(finding);
      const isNew = !seen.has(key);
      seen.add(key);
      return isNew;
    });
  });
};
