/** Violations of a run straight into lines, where they are wanted as nothing else. */
import type { DirectTake } from '../../bpf/events.js';
import type { RunReport } from '../run-report.js';
import type { EventLines } from './event-lines.js';

/** What asks the writer before an event is decoded, and has the report count what it wrote. */
export const directTake =
  (writer: EventLines, report: RunReport): DirectTake =>
  (bytes, at) => {
    report.start();
    const outcome = writer.take(bytes, at);
    if (outcome !== undefined && outcome !== 'Allowed') report.wrote(outcome);
    return outcome !== undefined;
  };
