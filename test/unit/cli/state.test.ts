import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { parse } from 'yaml';
import { instantOf } from '../../../src/audit/record.js';
import { RecordSerialiser } from '../../../src/audit/serialise.js';
import { DirectoryStore } from '../../../src/store/directory/directory-store.js';
import { directoryWith, pinfold } from './support.js';

const PROFILE = `
apiVersion: pinfold.dev/v1alpha1
kind: SecurityProfile
metadata: { name: web, namespace: shop, labels: { tier: front, app: web } }
spec:
  mode: Enforce
  selector: { podSelector: { matchLabels: { app: web } } }
  rules:
    exec: { allow: [{ path: /usr/sbin/nginx }], deny: [{ path: /usr/bin/nc }] }
    files: { allow: [{ path: '/etc/nginx/**', access: [Read] }] }
    network: { egress: [] }
    capabilities: { allow: [NET_BIND_SERVICE] }
    forbid: [Ptrace]
---
apiVersion: pinfold.dev/v1alpha1
kind: SecurityProfile
metadata: { name: plain }
spec: { mode: Audit, selector: { podSelector: {} } }
`;

const MINUTE = 60_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

const KEY = { kind: 'SecurityProfile', namespace: 'shop', name: 'web' } as const;

/** A state directory as `up` leaves it, by the store that `up` uses. */
const stateDirectory = async (t: TestContext): Promise<string> => {
  const root = directoryWith(t);
  const manifests = directoryWith(t, { 'web.yaml': PROFILE });
  const state = join(root, 'state');
  const store = await DirectoryStore.open({ manifests, state });
  try {
    await store.applyStatus(KEY, {
      observedGeneration: 1,
      mode: 'Enforce',
      phase: 'Degraded',
      counts: { matchedContainers: 2, denied: 14, audited: 0, gaps: 1 },
      conditions: [
        {
          type: 'Accepted',
          status: 'True',
          reason: 'Valid',
          message: 'composed of 1 profile',
          lastTransitionTime: ago(5 * MINUTE),
        },
      ],
      recentViolations: [
        {
          time: ago(3000),
          action: 'Denied',
          class: 'exec',
          operation: 'exec',
          object: '/tmp/\u001B[2Jevil',
          program: '/bin/sh',
          count: 14,
        },
      ],
      gaps: [{ class: 'files', item: '/etc/shadow', reason: 'DenyInsideAllowed', message: 'no' }],
    });
    const event = {
      regarding: KEY,
      type: 'Warning',
      reason: 'PinfoldDenied',
      action: 'Deny',
      note: 'exec /usr/bin/nc denied by profile web',
    } as const;
    await store.recordEvent({ ...event, at: Date.now() - 2 * MINUTE });
    await store.recordEvent({ ...event, at: Date.now() - 3500 });
  } finally {
    await store.close();
  }
  return state;
};

const run = async (t: TestContext, argv: readonly string[]) =>
  pinfold(argv, { env: { PINFOLD_STATE: await stateDirectory(t) } });

test('get prints the columns of the CRD', async (t) => {
  const { status, stdout } = await run(t, ['get', 'sp', '-n', 'shop']);
  assert.equal(status, 0);
  assert.match(stdout, /^NAME {3}MODE {6}PHASE {6}MATCHED {3}LEARNED {3}DENIED {3}AGE\n/);
  assert.match(stdout, /\nweb {4}Enforce {3}Degraded {3}2 {19}14 {7}\d+s\n$/);
});

test('get -A shows namespaces, -o wide further columns', async (t) => {
  const { stdout } = await run(t, ['get', 'securityprofiles', '-A', '-o', 'wide']);
  const [head = '', ...rows] = stdout.trimEnd().split('\n');
  assert.match(head, /^NAMESPACE +NAME +.*AUDITED +SEVERITY +AGE$/);
  assert.deepEqual(rows.map((row) => row.split(/ +/).slice(0, 2)).toSorted(), [
    ['default', 'plain'],
    ['shop', 'web'],
  ]);
});

test('get stays in one namespace unless told otherwise', async (t) => {
  const { stdout } = await run(t, ['get', 'sp', '-o', 'name']);
  assert.equal(stdout, 'securityprofile.pinfold.dev/plain\n');
});

test('get -o json and yaml print the object with its status, or a list', async (t) => {
  const one = await run(t, ['get', 'sp', 'web', '-n', 'shop', '-o', 'json']);
  const object = JSON.parse(one.stdout) as Record<string, Record<string, unknown>>;
  assert.equal(object.kind, 'SecurityProfile');
  assert.equal(object.status?.phase, 'Degraded');
  const all = await run(t, ['get', 'sp', '-A', '-o', 'yaml']);
  const list = parse(all.stdout) as { kind: string; items: readonly unknown[] };
  assert.equal(list.kind, 'List');
  assert.equal(list.items.length, 2);
});

test('get says when there is nothing, and where', async (t) => {
  const none = await run(t, ['get', 'prev']);
  assert.deepEqual(none, {
    status: 0,
    stdout: '',
    stderr: 'No resources found in namespace default.\n',
  });
  const json = await run(t, ['get', 'prev', '-o', 'json']);
  assert.deepEqual(JSON.parse(json.stdout), { apiVersion: 'v1', kind: 'List', items: [] });
});

test('get fails for a name that is not there', async (t) => {
  const { status, stdout, stderr } = await run(t, ['get', 'sp', 'web']);
  assert.equal(status, 7);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^error: ObjectNotFound: securityprofile web in namespace default is not in/,
  );
});

test('get fails where there is no state directory', async () => {
  const { status, stderr } = await pinfold(['get', 'sp', '--state', '/nonexistent']);
  assert.equal(status, 7);
  assert.match(stderr, /^error: StateMissing: \/nonexistent /);
});

test('get takes several kinds, and kind/name', async (t) => {
  const several = await run(t, ['get', 'sp,csp', '-A']);
  assert.match(several.stdout, /securityprofile\.pinfold\.dev\/web/);
  const slashed = await run(t, ['get', 'sp/web', '-n', 'shop', '-o', 'name']);
  assert.equal(slashed.stdout, 'securityprofile.pinfold.dev/web\n');
});

test('describe shows spec, conditions, counts, violations and Events', async (t) => {
  const { status, stdout } = await run(t, ['describe', 'sp', 'web', '-n', 'shop']);
  assert.equal(status, 0);
  assert.match(stdout, /^Name: +web\nNamespace: +shop\nLabels: +app=web\n +tier=front\n/);
  assert.match(stdout, /^Kind: {11}SecurityProfile$/m);
  assert.match(stdout, /^Mode: {11}Enforce$/m);
  assert.match(stdout, /^Selector:\n {2}Pods: +app=web$/m);
  assert.match(
    stdout,
    /^ {2}Exec Allowed:\n {4}\/usr\/sbin\/nginx\n {2}Exec Denied:\n {4}\/usr\/bin\/nc$/m,
  );
  assert.match(stdout, /^ {2}Egress Allowed: +<none>$/m);
  assert.match(stdout, /^Conditions:\n {2}Type +Status +Age +Reason +Message\n {2}---- /m);
  assert.match(stdout, /^ {2}Accepted +True +5m(?:\d+s)? +Valid +composed of 1 profile$/m);
  assert.match(stdout, /^ {2}Matched Containers: +2\n {2}Denied: +14$/m);
  assert.match(stdout, /^Recent Violations:$/m);
  assert.match(stdout, /\/tmp\/\\x1b\[2Jevil/);
  assert.ok(!stdout.includes('\u001B'));
  assert.match(
    stdout,
    /^ {2}Warning +PinfoldDenied +\ds \(x2 over 2m\) +pinfold +exec \/usr\/bin\/nc denied by profile web$/m,
  );
});

test('describe without a name shows every object of the kind', async (t) => {
  const { stdout } = await run(t, ['describe', 'sp', '-A']);
  assert.equal(stdout.match(/^Name:/gm)?.length, 2);
  assert.match(stdout, /^Events: +<none>$/m);
});

const violation = (profile: string): string =>
  new RecordSerialiser().line({
    kind: 'violation',
    time: instantOf(Date.now()),
    node: 'n',
    cpu: 0,
    sequence: 1,
    severity: 'Medium',
    mode: 'Enforce',
    outcome: 'Denied',
    class: 'exec',
    operation: { kind: 'Exec', object: { path: '/usr/bin/nc' } },
    source: 'object',
    reason: 'DeniedByRule',
    subject: { profile, generation: 7 },
    process: { pid: 1, tid: 1, uid: 0, exe: '/bin/sh', comm: 'sh' },
  });

test('explain finds the profile of a record, and says that it changed', async (t) => {
  const { status, stdout, stderr } = await run(t, ['explain', violation('shop/web')]);
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^Denied: exec \/usr\/bin\/nc\n {2}by rule \/usr\/bin\/nc \(.* of shop\/web\)$/m,
  );
  assert.equal(stderr, 'warning: the profile changed since: generation 7 then, 1 now\n');
});

test('explain takes a record without a namespace for the default one', async (t) => {
  const { stdout } = await run(t, ['explain', violation('plain')]);
  assert.match(stdout, /^Allowed: exec \/usr\/bin\/nc$/m);
  const gone = await run(t, ['explain', violation('web')]);
  assert.equal(gone.status, 7);
  assert.match(gone.stderr, /^error: ObjectNotFound: profile web is not in/);
});
