/** What the quickstart says. */
import picocolors from 'picocolors';

export const show = (text: string): void => {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
};

export const heading = (title: string, what: string): void => {
  show(`\n${picocolors.bold(`== ${title}`)}${what === '' ? '' : `: ${what}`}\n`);
};
