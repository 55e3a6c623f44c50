/** Signals that reach `pinfold run` are those of the command. */
import type { Launched } from '../node-enforcer/launcher.js';

const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** A terminal sends these to the whole foreground group: the command has them already. */
const OF_TERMINAL = ['SIGINT', 'SIGQUIT'] as const;

/** Passes signals on until the returned function is called. */
export const forwardSignals = (launched: Launched, terminal: boolean): (() => void) => {
  const handlers = [
    ...FORWARDED.map((name) => [name, true] as const),
    ...OF_TERMINAL.map((name) => [name, !terminal] as const),
  ].map(([name, pass]) => {
    const handler = (): void => {
      if (pass) launched.signal(name);
    };
    process.on(name, handler);
    return [name, handler] as const;
  });
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
};
