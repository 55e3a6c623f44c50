/** Reports of profiles out of the NodeEnforcement objects that nodes write: the cluster's way. */
import type { NodeEnforcement, RealizedProfile } from '../api/objects.js';
import { keyText } from '../store/object-key.js';
import type { ObjectKey } from '../store/store.js';
import type { NodeReports, ProfileReport } from './report.js';

const keyOfRealized = ({ kind, namespace, name }: RealizedProfile): ObjectKey =>
  kind === 'SecurityProfile' && namespace !== '' ? { kind, namespace, name } : { kind, name };

const reportFrom = (node: string, realized: RealizedProfile): ProfileReport => {
  const { generation, mode, containers, degraded, gapList, denied, audited } = realized;
  return {
    node,
    generation,
    mode,
    containers,
    ...(degraded === undefined ? {} : { degraded }),
    gaps: gapList ?? [],
    gapCount: realized.gaps,
    denied: denied ?? 0,
    audited: audited ?? 0,
    recentViolations: realized.recentViolations ?? [],
  };
};

type OfNode = ReadonlyMap<string, { readonly key: ObjectKey; readonly report: ProfileReport }>;

export class ClusterReports implements NodeReports {
  readonly #nodes = new Map<string, OfNode>();

  get nodes(): number {
    return this.#nodes.size;
  }

  has(node: string): boolean {
    return this.#nodes.has(node);
  }

  of(profile: ObjectKey): readonly ProfileReport[] {
    const text = keyText(profile);
    return [...this.#nodes.values()].flatMap((reports) => reports.get(text)?.report ?? []);
  }

  applied({ metadata, status }: NodeEnforcement): readonly ObjectKey[] {
    const { name } = metadata;
    const next = new Map(
      (status?.profiles ?? []).map((realized) => {
        const key = keyOfRealized(realized);
        return [keyText(key), { key, report: reportFrom(name, realized) }] as const;
      }),
    );
    return this.#replace(name, next);
  }

  deleted(node: string): readonly ObjectKey[] {
    return this.#replace(node, undefined);
  }

  #replace(node: string, next: OfNode | undefined): readonly ObjectKey[] {
    const before: OfNode = this.#nodes.get(node) ?? new Map();
    if (next === undefined) this.#nodes.delete(node);
    else this.#nodes.set(node, next);
    const texts = new Set([...before.keys(), ...(next?.keys() ?? [])]);
    return [...texts].flatMap((text) => {
      const [was, is] = [before.get(text), next?.get(text)];
      const key = (is ?? was)?.key;
      const isSame = JSON.stringify(was?.report) === JSON.stringify(is?.report);
      return key === undefined || isSame ? [] : [key];
    });
  }
}
