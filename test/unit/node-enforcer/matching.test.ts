import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClusterSecurityProfile, SecurityProfile } from '../../../src/api/objects.js';
import { matchProfiles, selectionOf, selects } from '../../../src/node-enforcer/matching.js';
import type { Scope, Selection } from '../../../src/node-enforcer/matching.js';

const scope: Scope = {
  ownNamespace: 'pinfold',
  namespaceLabels: (name) => ({ shop: { tier: 'web' }, bank: { tier: 'core' } })[name],
};

const web = { namespace: 'shop', labels: { app: 'web', version: '2' }, container: 'nginx' };

const selection = (id: string, more: Partial<Selection> = {}): Selection => ({
  id,
  createdAt: 0,
  podSelector: {},
  includeSystemNamespaces: false,
  ...more,
});

const idsOf = (selections: readonly Selection[], container = web): readonly string[] =>
  matchProfiles(selections, container, scope).ids;

void describe('a label selector', () => {
  void it('matches as Kubernetes does', () => {
    const cases: readonly (readonly [boolean, Parameters<typeof selects>[0]])[] = [
      [true, {}],
      [true, { matchLabels: { app: 'web' } }],
      [false, { matchLabels: { app: 'web', version: '1' } }],
      [true, { matchExpressions: [{ key: 'version', operator: 'In', values: ['1', '2'] }] }],
      [false, { matchExpressions: [{ key: 'absent', operator: 'In', values: ['1'] }] }],
      [true, { matchExpressions: [{ key: 'absent', operator: 'NotIn', values: ['1'] }] }],
      [false, { matchExpressions: [{ key: 'version', operator: 'NotIn', values: ['2'] }] }],
      [true, { matchExpressions: [{ key: 'app', operator: 'Exists' }] }],
      [false, { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }],
      [true, { matchExpressions: [{ key: 'absent', operator: 'DoesNotExist' }] }],
    ];
    for (const [expected, selector] of cases)
      assert.equal(selects(selector, web.labels), expected, JSON.stringify(selector));
  });
});

void describe('the profiles of a container', () => {
  void it('are those of its namespace and of the cluster that select its pod and name it', () => {
    const own = selection('own', { namespace: 'shop' });
    assert.deepEqual(idsOf([own, selection('other', { namespace: 'bank' })]), ['own']);
    assert.deepEqual(idsOf([selection('named', { namespace: 'shop', containers: ['nginx'] })]), [
      'named',
    ]);
    assert.deepEqual(idsOf([selection('else', { namespace: 'shop', containers: ['init'] })]), []);
    const byCgroup: Selection = { id: 'c', createdAt: 0, includeSystemNamespaces: false };
    assert.deepEqual(idsOf([byCgroup]), [], 'a profile of cgroups selects no pod');
    const core = { matchLabels: { tier: 'core' } };
    assert.deepEqual(idsOf([selection('core', { namespaceSelector: core })]), []);
    const tier = { matchLabels: { tier: 'web' } };
    assert.deepEqual(idsOf([selection('tier', { namespaceSelector: tier })]), ['tier']);
  });

  void it('leave system namespaces alone unless they say so', () => {
    for (const namespace of ['kube-system', 'kube-node-lease', 'pinfold']) {
      assert.deepEqual(idsOf([selection('all')], { ...web, namespace }), []);
      const including = selection('all', { includeSystemNamespaces: true });
      assert.deepEqual(idsOf([including], { ...web, namespace }), ['all']);
    }
  });

  void it('are at most four of each scope, oldest first: a tenant cannot displace the cluster', () => {
    const many = [5, 4, 3, 2, 1].map((createdAt) =>
      selection(`own-${createdAt}`, { namespace: 'shop', createdAt }),
    );
    const baseline = selection('baseline', { createdAt: 99 });
    const { ids, crowdedOut } = matchProfiles([...many, baseline], web, scope);
    assert.deepEqual(ids, ['baseline', 'own-1', 'own-2', 'own-3', 'own-4']);
    assert.deepEqual(crowdedOut, ['own-5']);
  });

  void it('stay when the labels that matched are gone', () => {
    const own = selection('own', {
      namespace: 'shop',
      podSelector: { matchLabels: { app: 'web' } },
    });
    const shed = { ...web, labels: {} };
    assert.deepEqual(matchProfiles([own], shed, scope).ids, []);
    assert.deepEqual(matchProfiles([own], shed, scope, new Set(['own'])).ids, ['own']);
    assert.deepEqual(matchProfiles([], shed, scope, new Set(['own'])).ids, [], 'it was deleted');
  });

  void it('are chosen by what a profile says', () => {
    const metadata = { name: 'p', namespace: 'shop', creationTimestamp: '1970-01-01T00:00:01Z' };
    const common = { mode: 'Audit', onDegraded: 'Refuse', severity: 'Low' } as const;
    const apiVersion = 'pinfold.dev/v1alpha1';
    const namespaced: SecurityProfile = {
      ...{ apiVersion, kind: 'SecurityProfile', metadata },
      spec: { ...common, selector: { podSelector: {}, containers: ['a'] } },
    };
    assert.deepEqual(selectionOf('id', namespaced), {
      id: 'id',
      createdAt: 1000,
      podSelector: {},
      containers: ['a'],
      namespace: 'shop',
      includeSystemNamespaces: true,
    });
    const cluster: ClusterSecurityProfile = {
      ...{ apiVersion, kind: 'ClusterSecurityProfile', metadata: { name: 'p' } },
      spec: { ...common, cgroups: ['/a'], includeSystemNamespaces: false },
    };
    assert.deepEqual(selectionOf('id', cluster), {
      id: 'id',
      createdAt: 0,
      includeSystemNamespaces: false,
    });
  });
});
