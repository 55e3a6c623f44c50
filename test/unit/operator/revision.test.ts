import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  ClusterSecurityProfile,
  ProfileRevision,
  RecordedBehavior,
} from '../../../src/api/objects.js';
import { validateObject } from '../../../src/api/validate.js';
import { recordingStep } from '../../../src/operator/recordings.js';
import { revisionFrom, superfluous } from '../../../src/operator/revision.js';

const profile: ClusterSecurityProfile = {
  apiVersion: 'pinfold.dev/v1alpha1',
  kind: 'ClusterSecurityProfile',
  metadata: { name: 'web', uid: 'u-1', generation: 1 },
  spec: {
    mode: 'Record',
    cgroups: ['/web'],
    includeSystemNamespaces: false,
    onDegraded: 'Refuse',
    severity: 'Medium',
  },
};

const at = '2026-01-01T00:00:00Z';

const recording = (node: string, program: string, more: object = {}): RecordedBehavior => ({
  apiVersion: 'pinfold.dev/v1alpha1',
  kind: 'RecordedBehavior',
  metadata: { name: `web-${node}`, namespace: 'pinfold' },
  spec: {
    node,
    profile: { kind: 'ClusterSecurityProfile', name: 'web' },
    startedAt: at,
    updatedAt: '2026-01-01T00:10:00Z',
    startSeen: true,
    cleanStop: false,
    finished: false,
    generalised: false,
    containers: 1,
    execs: [
      { path: program, script: false, fileless: false, deleted: false, firstSeen: at, count: 2 },
    ],
    files: [
      {
        path: '/proc/1*',
        access: ['Read'],
        directory: false,
        fromArgument: false,
        firstSeen: at,
        count: 1,
      },
    ],
    ...more,
  },
});

void describe('a revision', () => {
  const made = revisionFrom(profile, [recording('n1', '/bin/a'), recording('n2', '/bin/b')]);

  void it('is a valid object that unites what the nodes recorded', () => {
    assert.deepEqual(validateObject('ProfileRevision', made), []);
    assert.deepEqual(made.spec.rules.exec?.allow, [{ path: '/bin/a' }, { path: '/bin/b' }]);
    assert.deepEqual(made.spec.rules.files?.allow, [{ path: '/proc/1*', access: ['Read'] }]);
    assert.deepEqual(made.spec.provenance.nodes, ['n1', 'n2']);
    assert.equal(made.spec.provenance.containers, 2);
    assert.deepEqual(made.metadata.ownerReferences?.[0]?.uid, 'u-1');
  });

  void it('is named after its rules, whatever order and time they were recorded in', () => {
    const again = revisionFrom(profile, [
      recording('n2', '/bin/b', { updatedAt: '2026-02-02T00:00:00Z' }),
      recording('n1', '/bin/a'),
    ]);
    assert.equal(again.metadata.name, made.metadata.name);
    const other = revisionFrom(profile, [recording('n1', '/bin/c')]);
    assert.notEqual(other.metadata.name, made.metadata.name);
  });

  void it('says when something was lost or no start was seen', () => {
    const { provenance } = revisionFrom(profile, [
      recording('n1', '/bin/a', { startSeen: false, lost: { files: 12 } }),
    ]).spec;
    assert.equal(provenance.incomplete, true);
    assert.equal(provenance.startNotSeen, true);
    assert.deepEqual(provenance.lost, { files: 12 });
  });

  void it('goes when ten newer ones are there, unless something needs it', () => {
    const revisions = Array.from({ length: 13 }, (_, day): ProfileRevision => ({
      ...made,
      metadata: { name: `web-${day}`, namespace: 'pinfold' },
      spec: {
        ...made.spec,
        provenance: {
          ...made.spec.provenance,
          recordedUntil: `2026-01-${String(day + 10)}T00:00:00Z`,
        },
      },
    }));
    const names = superfluous(revisions, new Set(['web-1'])).map(({ metadata }) => metadata.name);
    assert.deepEqual(names, ['web-2', 'web-0']);
  });
});

void describe('what becomes of recordings', () => {
  const step = (
    mode: 'Record' | 'Audit',
    recordings: readonly RecordedBehavior[],
    reported: 'Record' | 'Audit',
    closing = false,
  ): string => {
    const report = {
      node: 'n1',
      mode: reported,
      containers: 1,
      gaps: [],
      denied: 0,
      audited: 0,
      recentViolations: [],
    };
    return recordingStep(
      { ...profile, spec: { ...profile.spec, mode } },
      recordings,
      [report],
      closing,
    ).kind;
  };
  const running = recording('n1', '/bin/a');

  void it('is decided by who still records', () => {
    assert.equal(step('Record', [], 'Record', true), 'Nothing');
    assert.equal(step('Record', [running], 'Record'), 'Nothing');
    assert.equal(step('Record', [running], 'Record', true), 'Conclude');
    assert.equal(
      step('Record', [recording('n1', '/bin/a', { cleanStop: true })], 'Record'),
      'Conclude',
    );
    assert.equal(step('Audit', [running], 'Record'), 'Nothing', 'its last part is still to come');
    assert.equal(step('Audit', [running], 'Audit'), 'Nothing', 'the node has not said its last');
    const finished = recording('n1', '/bin/a', { finished: true });
    assert.equal(step('Audit', [finished], 'Audit'), 'Finish');
    assert.equal(step('Audit', [finished, running], 'Audit'), 'Nothing');
  });
});
