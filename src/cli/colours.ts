/** Colours for people at a terminal, and nowhere else. */
import picocolors from 'picocolors';

type Paint = (text: string) => string;

export interface Colours {
  readonly enabled: boolean;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
  readonly bold: Paint;
  readonly dim: Paint;
}

/**
 * Off unless the stream is a terminal that can show them; NO_COLOR (any value but empty) turns them
 * off as https://no-color.org asks.
 */
export const coloursFor = (
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Colours => {
  const enabled = isTerminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  const { red, green, yellow, cyan, bold, dim } = picocolors.createColors(enabled);
  return { enabled, red, green, yellow, cyan, bold, dim };
};
