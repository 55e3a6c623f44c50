/** The options of commands that other modules implement, as the command tree hands them over. */
import type { OutputFormat } from './print/format.js';

export interface RecordOptions {
  /** `-o`: where the profile goes; absent: stdout. */
  readonly output?: string;
  /** `--for`, in milliseconds. */
  readonly forMs?: number;
  /** Path of a cgroup to follow: absolute, or below the cgroup v2 mount. */
  readonly cgroup?: string;
  readonly pid?: number;
  /** `metadata.name` of the profile. */
  readonly name?: string;
  readonly format: 'yaml' | 'json';
}

export interface RunOptions {
  /** Files; at least one. */
  readonly profiles: readonly string[];
  /** Absent: as the profiles say. */
  readonly mode?: 'Audit' | 'Enforce';
  readonly auditLog?: string;
  /** Absent: as the profiles say. */
  readonly onDegraded?: 'Refuse' | 'Audit' | 'Kill';
}

export interface StatusOptions {
  readonly output: OutputFormat;
}

export interface UpOptions {
  readonly manifests: string;
  readonly state: string;
  readonly auditLog?: string;
  /** Bring everything into force once, write status, and end. */
  readonly once: boolean;
}
