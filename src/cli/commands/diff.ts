/** `pinfold diff`: what each of two profiles allows and the other does not. */
import { profileName } from '../../policy/compose.js';
import { diff } from '../../policy/diff/diff.js';
import type { DifferenceItem } from '../../policy/diff/types.js';
import type { Colours } from '../colours.js';
import type { RunCommand } from '../context.js';
import { composedProfile } from '../profiles.js';
import type { ComposedProfile } from '../profiles.js';
import type { ResultFormat } from '../print/format.js';
import { printable } from '../print/printable.js';
import { serialised } from '../print/serialised.js';

export interface DiffOptions {
  readonly output: ResultFormat;
}

/** As diff(1) has it. */
const SAME = 0;
const DIFFERENT = 1;

const CLASS_WIDTH = 'capabilities'.length;

interface Comparison {
  readonly onlyA: readonly DifferenceItem[];
  readonly onlyB: readonly DifferenceItem[];
}

const itemLine = (sign: string, item: DifferenceItem): string => {
  const except = (item.except ?? []).map(printable).join(', ');
  const text = printable(item.text) + (except === '' ? '' : ` except ${except}`);
  return `${sign} ${item.class.padEnd(CLASS_WIDTH)}  ${text}`;
};

const headLine = (mark: string, file: string, { profile }: ComposedProfile): string =>
  printable(`${mark} ${file} (${profileName(profile)})`);

const itemLines = ({ onlyA, onlyB }: Comparison, { red, green }: Colours): readonly string[] => [
  ...onlyA.map((item) => red(itemLine('-', item))),
  ...onlyB.map((item) => green(itemLine('+', item))),
];

/** Exit status 0 where both allow the same, 1 where they differ. */
export const run: RunCommand<DiffOptions> = async (
  context,
  { output },
  [fileA = '', fileB = ''],
) => {
  const a = await composedProfile(context, [fileA]);
  const b = await composedProfile(context, [fileB]);
  const found = { onlyA: diff(a.rules, b.rules), onlyB: diff(b.rules, a.rules) };
  const isSame = found.onlyA.length === 0 && found.onlyB.length === 0;
  if (output !== 'table') {
    context.stdout.write(
      serialised(
        { a: profileName(a.profile), b: profileName(b.profile), same: isSame, ...found },
        output,
      ),
    );
  } else if (!isSame) {
    const heads = [headLine('---', fileA, a), headLine('+++', fileB, b)];
    const lines = [...heads, ...itemLines(found, context.colour)];
    context.stdout.write(`${lines.join('\n')}\n`);
  }
  return isSame ? SAME : DIFFERENT;
};
