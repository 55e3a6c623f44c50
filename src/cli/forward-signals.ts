/** Signals that reach `pinfold run` are those of the command. */
import type { Launched } from '../node-enforcer/launcher.js';

const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** A terminal sends these to the whole foreground group: the command has them already. */
const OF_TERMINAL = ['SIGINT', 'SIGQUIT'] as const;

export interface Forwarding {
  /** Passes on what came already, and from now on what comes. */
  to(launched: Launched): void;
  stop(): void;
}

/** Holds signals back until there is a command to pass them on to. */
export const forwardSignals = (terminal: boolean): Forwarding => {
  const waiting: NodeJS.Signals[] = [];
  let target: Launched | undefined;
  const handlers = [
    ...FORWARDED.map((name) => [name, true] as const),
    ...OF_TERMINAL.map((name) => [name, !terminal] as const),
  ].map(([name, pass]) => {
    const handler = (): void => {
      if (!pass) return;
      if (target === undefined) waiting.push(name);
      else target.signal(name);
    };
    process.on(name, handler);
    return [name, handler] as const;
  });
  return {
    to: (launched) => {
      target = launched;
      for (const name of waiting) launched.signal(name);
    },
    stop: () => {
      for (const [name, handler] of handlers) process.off(name, handler);
    },
  };
};
