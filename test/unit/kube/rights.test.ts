/** Rights that are asked for, and that config/ grants them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { nodeOfToken } from '../../../src/kube/identity.js';
import { EVENTS, NAMESPACES } from '../../../src/kube/resource.js';
import { missingRights, rightText } from '../../../src/kube/rights.js';
import { ENFORCER_RIGHTS } from '../../../src/node-enforcer/cluster/rights.js';
import { FakeApi, json } from './fake-api.js';

interface Role {
  readonly kind: string;
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

void describe('rights', () => {
  void it('that are not granted are told, of ourselves and of another', async (t) => {
    const rights = [
      { verb: 'list', resource: NAMESPACES },
      { verb: 'create', resource: EVENTS },
    ];
    const api = await FakeApi.scripted(
      t,
      json(201, { status: { allowed: true } }),
      json(201, { status: { allowed: false, reason: 'no' } }),
      json(201, { status: { allowed: false } }),
      json(201, { status: { allowed: true } }),
    );
    const own = await missingRights(api.client(), rights);
    assert.deepEqual(own.map(rightText), ['create events.events.k8s.io']);
    const other = await missingRights(api.client(), rights, { user: 'someone' });
    assert.deepEqual(other.map(rightText), ['list namespaces']);
    assert.deepEqual(
      api.asked.map(({ path }) => path.split('/').at(-1)),
      [
        ...['selfsubjectaccessreviews', 'selfsubjectaccessreviews'],
        ...['subjectaccessreviews', 'subjectaccessreviews'],
      ],
    );
  });

  void it('of a node enforcer are those that config/node-rights.yaml grants', () => {
    const file = new URL('../../../config/node-rights.yaml', import.meta.url);
    const role = parseAllDocuments(readFileSync(file, 'utf8'))
      .map((document) => document.toJS() as Role)
      .find(({ kind }) => kind === 'ClusterRole');
    const grants = (group: string, resource: string, verb: string): boolean =>
      role?.rules.some(
        ({ apiGroups, resources, verbs }) =>
          apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb),
      ) === true;
    const missing = ENFORCER_RIGHTS.filter(({ verb, resource: { group, plural }, subresource }) => {
      const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
      return !grants(group, resource, verb);
    });
    assert.deepEqual(missing.map(rightText), []);
  });

  void it('are not needed to learn which node a token is of', async (t) => {
    const extra = {
      'authentication.kubernetes.io/node-name': ['n1'],
      'authentication.kubernetes.io/node-uid': ['u1'],
    };
    const api = await FakeApi.scripted(
      t,
      json(201, { status: { userInfo: { extra } } }),
      json(201, { status: { userInfo: { username: 'admin' } } }),
    );
    assert.deepEqual(await nodeOfToken(api.client()), { name: 'n1', uid: 'u1' });
    assert.equal(await nodeOfToken(api.client()), undefined);
  });
});
