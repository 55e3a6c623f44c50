import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NodeEnforcement, RealizedProfile } from '../../../src/api/objects.js';
import { ClusterReports } from '../../../src/operator/node-reports.js';

const realized = (more: Partial<RealizedProfile> = {}): RealizedProfile => ({
  kind: 'SecurityProfile',
  namespace: 'shop',
  name: 'web',
  generation: 2,
  mode: 'Enforce',
  containers: 1,
  gaps: 0,
  ...more,
});

const node = (name: string, ...profiles: readonly RealizedProfile[]): NodeEnforcement => ({
  apiVersion: 'pinfold.dev/v1alpha1',
  kind: 'NodeEnforcement',
  metadata: { name },
  status: { profiles },
});

const web = { kind: 'SecurityProfile', namespace: 'shop', name: 'web' } as const;
const base = { kind: 'ClusterSecurityProfile', name: 'base' } as const;

void describe('reports out of NodeEnforcement objects', () => {
  void it('are one for each node that has the profile', () => {
    const reports = new ClusterReports();
    reports.applied(node('n1', realized({ denied: 3 })));
    reports.applied(node('n2', realized({ containers: 2 })));
    reports.applied(node('n3'));
    assert.equal(reports.nodes, 3);
    assert.deepEqual(
      reports.of(web).map((report) => [report.node, report.containers, report.denied]),
      [
        ['n1', 1, 3],
        ['n2', 2, 0],
      ],
    );
    assert.deepEqual([reports.has('n3'), reports.has('n4')], [true, false]);
  });

  void it('say which profiles a new object is about', () => {
    const reports = new ClusterReports();
    const cluster = realized({ kind: 'ClusterSecurityProfile', namespace: '', name: 'base' });
    assert.deepEqual(reports.applied(node('n1', realized(), cluster)), [web, base]);
    assert.deepEqual(reports.applied(node('n1', realized(), cluster)), [], 'nothing changed');
    assert.deepEqual(reports.applied(node('n1', realized({ denied: 1 }), cluster)), [web]);
    assert.deepEqual(reports.applied(node('n1', cluster)), [web]);
    assert.deepEqual(reports.deleted('n1'), [base]);
    assert.deepEqual(reports.deleted('n1'), []);
    assert.deepEqual(reports.of(base), []);
  });
});
