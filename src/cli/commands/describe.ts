/** `pinfold describe`: everything about objects, laid out as `kubectl describe`. */
import { keyOf } from '../../store/object-key.js';
import type { ClusterOptions } from '../cluster.js';
import type { RunCommand } from '../context.js';
import { descriptionOf } from '../describe/description.js';
import { selectObjects, selectionOf } from '../select.js';
import { withReader } from '../state.js';

export interface DescribeOptions extends ClusterOptions {
  readonly allNamespaces: boolean;
}

export const run: RunCommand<DescribeOptions> = async (context, options, args) => {
  const selection = selectionOf(args, options.allNamespaces);
  const now = Date.now();
  const texts = await withReader(context, options, async (reader) => {
    const described: string[] = [];
    for (const object of await selectObjects(context, reader, selection)) {
      const lines = descriptionOf(object, await reader.events(keyOf(object)), now);
      described.push(`${lines.join('\n')}\n`);
    }
    return described;
  });
  if (texts.length === 0) context.stderr.write('No resources found.\n');
  context.stdout.write(texts.join('\n\n'));
  return 0;
};
