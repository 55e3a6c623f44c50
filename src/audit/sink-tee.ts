/** Several sinks as one: each gets every batch, none waits for another's trouble. */
import type { AuditSink, SinkHealth } from './sink-interface.js';

const worst = (healths: readonly SinkHealth[]): SinkHealth => {
  const lost = Math.max(0, ...healths.map((health) => health.lost));
  const failing = healths.find((health) => health.kind === 'Failing');
  return failing ? { ...failing, lost } : { kind: 'Healthy', lost };
};

/** `health` is the first failing sink's, with the largest number of records that any of them lost. */
export const teeSink = (sinks: readonly AuditSink[]): AuditSink => ({
  write: (batch, records) => {
    for (const sink of sinks) sink.write(batch, records);
  },
  flush: () => {
    for (const sink of sinks) sink.flush();
  },
  health: () => worst(sinks.map((sink) => sink.health())),
  close: () => {
    for (const sink of sinks) sink.close();
  },
});
