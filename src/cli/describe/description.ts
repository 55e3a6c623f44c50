/** One object, laid out as `kubectl describe`. */
import type { PinfoldObject } from '../../api/objects.js';
import type { StoredEvent } from '../../store/store.js';
import { ageText } from '../print/age.js';
import { fieldLines } from '../print/table.js';
import { NONE, optional, pairs } from './block.js';
import { findingLines } from './findings.js';
import { describedSpec } from './spec.js';

/** Lines without their ends. `now` in ms since the epoch. */
export const descriptionOf = (
  object: PinfoldObject,
  events: readonly StoredEvent[],
  now: number,
): readonly string[] => {
  const { name, namespace, labels, annotations, generation, creationTimestamp } = object.metadata;
  const spec = describedSpec(object);
  return [
    ...fieldLines([
      ['Name', name],
      ['Namespace', namespace ?? NONE],
      ['Labels', ...pairs(labels)],
      ['Annotations', ...pairs(annotations)],
      ['API Version', object.apiVersion],
      ['Kind', object.kind],
      ...optional('Created', creationTimestamp),
      ['Age', ageText(creationTimestamp, now)],
      ...optional('Generation', generation),
      ...spec.fields,
    ]),
    ...spec.lines,
    ...findingLines(object, events, now),
  ];
};
