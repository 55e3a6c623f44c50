/** `pinfold describe`: everything about objects, laid out as `kubectl describe`. */
import { keyOf } from '../../store/object-key.js';
import type { RunCommand } from '../context.js';
import { descriptionOf } from '../describe/description.js';
import { selectObjects, selectionOf } from '../select.js';
import { readState } from '../state.js';

export interface DescribeOptions {
  readonly allNamespaces: boolean;
}

export const run: RunCommand<DescribeOptions> = async (context, { allNamespaces }, args) => {
  const selection = selectionOf(args, allNamespaces);
  const objects = await selectObjects(context, selection);
  const state = await readState(context);
  const now = Date.now();
  const texts: string[] = [];
  for (const object of objects) {
    const lines = descriptionOf(object, await state.events(keyOf(object)), now);
    texts.push(`${lines.join('\n')}\n`);
  }
  if (texts.length === 0) context.stderr.write('No resources found.\n');
  context.stdout.write(texts.join('\n\n'));
  return 0;
};
