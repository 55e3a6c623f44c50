/** The options of `up`, as the command tree hands them over. */
export interface UpOptions {
  /** As the user wrote it. */
  readonly manifests: string;
  /** Absolute path. */
  readonly state: string;
  /** Absolute path; `audit.jsonl` in the state directory where none was named. */
  readonly auditLog: string;
  /** Bring everything into force once, write status, and end. */
  readonly once: boolean;
}
