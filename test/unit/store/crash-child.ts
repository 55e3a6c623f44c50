/** Opens a store and writes without end: its parent kills it at some moment. */
import { DirectoryStore } from '../../../src/store/directory/directory-store.js';

const [manifests = '', state = ''] = process.argv.slice(2);
const store = await DirectoryStore.open({ manifests, state });
const regarding = { kind: 'SecurityProfile', namespace: 'default', name: 'web' } as const;
const web = await store.get(regarding);
if (web?.kind !== 'SecurityProfile') throw new Error('web is not there');
process.send?.('open');
for (let round = 0; ; round++) {
  await store.applyStatus(regarding, { mode: 'Audit', observedGeneration: round });
  const spec = { ...web.spec, severity: round % 2 === 0 ? 'Low' : 'High' } as const;
  await store.apply({ ...web, metadata: { name: `own-${round % 3}` }, spec });
  const note = `round ${round}`;
  await store.recordEvent({ regarding, type: 'Normal', reason: 'R', action: 'A', note, at: round });
  // Acknowledged only after the store did: what is said here must be found again.
  process.send?.(round);
}
