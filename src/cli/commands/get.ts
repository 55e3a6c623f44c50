/** `pinfold get`: objects of the state directory, as `kubectl get` prints them. */
import { isNamespaced } from '../../api/objects.js';
import type { ClusterOptions } from '../cluster.js';
import type { RunCommand } from '../context.js';
import type { OutputFormat } from '../print/format.js';
import { objectsText } from '../print/objects.js';
import { selectObjects, selectionOf } from '../select.js';
import { withReader } from '../state.js';

export interface GetOptions extends ClusterOptions {
  readonly output: OutputFormat;
  readonly allNamespaces: boolean;
}

export const run: RunCommand<GetOptions> = async (context, options, args) => {
  const { output, allNamespaces } = options;
  const selection = selectionOf(args, allNamespaces);
  const objects = await withReader(context, options, (reader) =>
    selectObjects(context, reader, selection),
  );
  const { kinds, names } = selection;
  const isSingle = names.length === 1 && objects.length === 1;
  const request = { objects, kinds, isSingle, withNamespace: allNamespaces, now: Date.now() };
  context.stdout.write(objectsText(request, output));
  if (objects.length === 0 && (output === 'table' || output === 'wide')) {
    const { namespace } = context.settings;
    const where = allNamespaces || !kinds.some(isNamespaced) ? '' : ` in namespace ${namespace}`;
    context.stderr.write(`No resources found${where}.\n`);
  }
  return 0;
};
