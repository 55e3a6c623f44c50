/**
 * What a node can lack: each is one condition with a code, shown by `kubectl describe` and `pinfold status`; the
 * process goes on, and is well again as soon as the cause is gone.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SHARED_LAYOUT, SIZES } from '../../../src/bpf/layout.js';
import type { ErrorCode } from '../../../src/errors.js';
import { buildPeer } from '../../nri/support/build-peer.js';
import { Peer } from '../../nri/support/peer.js';
import { until } from '../../support/until.js';
import { useOwnCluster } from '../support/cluster.js';
import type { OwnCluster } from '../support/cluster.js';
import { skipOwnCluster } from '../support/needs.js';
import { Enforcer, skipEnforcer, statusText } from './enforcer.js';
import type { EnforcerOptions, NodeView } from './enforcer.js';
import { applyNodeRights, installForNodes, uninstallForNodes } from './installed.js';
import { UnwillingRuntime } from './runtimes.js';

interface Place {
  readonly cluster: OwnCluster;
  readonly enforcer: Enforcer;
}

interface Lack extends EnforcerOptions {
  readonly what: string;
  readonly condition: string;
  readonly code: ErrorCode;
  readonly says?: RegExp;
  /** Takes the cause away; absent: that takes a reboot, or another process. */
  readonly mend?: (place: Place) => Promise<unknown>;
}

/** A map as an engine with another layout would have pinned it. */
const foreignMap = (name: 'pf_engine' | 'pf_secret', first: number): string => {
  const file = `/sys/fs/bpf/pinfold/maps/${name}`;
  const value = [first, ...Array.from({ length: SIZES[name] - 1 }, () => 0)].join(' ');
  return `
    bpftool map create ${file} type array key 4 value ${String(SIZES[name])} entries 1 name ${name}
    bpftool map update pinned ${file} key 0 0 0 0 value ${value}`;
};

const NEVER_TAKEN = SHARED_LAYOUT + 1;

const KERNEL: readonly Lack[] = [
  {
    what: 'no BTF',
    condition: 'Ready',
    code: 'BtfMissing',
    says: /no BTF at \/sys\/kernel\/btf\/vmlinux/,
    before: 'mount -t tmpfs none /sys/kernel/btf',
    mend: ({ enforcer }) => enforcer.run('umount /sys/kernel/btf'),
  },
  {
    what: 'BTF that is empty',
    condition: 'Ready',
    code: 'BtfMissing',
    before: 'touch "$dir/empty"; mount --bind "$dir/empty" /sys/kernel/btf/vmlinux',
    mend: ({ enforcer }) => enforcer.run('umount /sys/kernel/btf/vmlinux'),
  },
  {
    what: 'no cgroup v2',
    condition: 'Ready',
    code: 'CgroupV2Missing',
    before: 'findmnt -n -o TARGET -t cgroup2 | xargs umount --lazy',
    mend: ({ enforcer }) =>
      enforcer.run('mkdir "$dir/cgroup"; mount -t cgroup2 none "$dir/cgroup"'),
  },
  {
    what: 'nothing mounted for pins',
    condition: 'Ready',
    code: 'PinsUnusable',
    before: 'umount /sys/fs/bpf',
    mend: ({ enforcer }) => enforcer.run('mount -t bpf bpf /sys/fs/bpf'),
  },
  {
    what: 'another file system for pins',
    condition: 'Ready',
    code: 'PinsUnusable',
    before: 'mount -t tmpfs none /sys/fs/bpf',
    mend: ({ enforcer }) => enforcer.run('umount /sys/fs/bpf'),
  },
  {
    what: 'what another version pinned',
    condition: 'Ready',
    code: 'EngineVersionPinned',
    says: new RegExp(`layout ${String(NEVER_TAKEN)}.*pinfold detach --node`),
    before: `mkdir -p /sys/fs/bpf/pinfold/maps
      ${foreignMap('pf_engine', NEVER_TAKEN)}
      ${foreignMap('pf_secret', 0)}`,
    mend: ({ enforcer }) => enforcer.pinfold('detach', '--node'),
  },
  {
    what: 'root without capabilities',
    condition: 'Ready',
    code: 'CapabilityMissing',
    says: /without CAP_SYS_ADMIN, CAP_BPF /,
    through: ['setpriv', '--bounding-set=-sys_admin,-bpf', '--inh-caps=-sys_admin,-bpf'],
  },
  {
    what: 'no bpf among the security modules',
    condition: 'LsmAttached',
    code: 'NotInLsmList',
    says: /\(capability, landlock\)\. Boot with lsm=landlock,bpf$/,
    before: `mount -t tmpfs none /sys/kernel/security
      echo capability,landlock >/sys/kernel/security/lsm`,
  },
  {
    what: 'no list of security modules',
    condition: 'LsmAttached',
    code: 'LsmListUnknown',
    before: 'mount -t tmpfs none /sys/kernel/security',
  },
];

/** Grants everything but this. */
const without =
  (verb: string, resource: string) =>
  async (cluster: OwnCluster): Promise<void> => {
    const role = (await cluster.kubectlJson(['get', 'clusterrole', 'pinfold-node'])) as {
      readonly rules: readonly { readonly resources: string[]; readonly verbs: string[] }[];
    };
    const rules = role.rules.flatMap((rule) =>
      rule.resources.map((one) => ({
        ...{ ...rule, resources: [one] },
        verbs: rule.verbs.filter((each) => one !== resource || each !== verb),
      })),
    );
    await cluster.kubectl(['replace', '-f', '-'], JSON.stringify({ ...role, rules }));
  };

const RIGHTS = [
  ['list', 'securityprofiles'],
  ['watch', 'namespaces'],
  ['create', 'events'],
] as const;

const peer = buildPeer();

void describe('bad input', { skip: skipOwnCluster || skipEnforcer(), timeout: 600_000 }, () => {
  let cluster: OwnCluster;

  before(async () => {
    cluster = await useOwnCluster();
    await installForNodes(cluster);
  });

  after(async () => {
    await uninstallForNodes(cluster);
  });

  let count = 0;

  /** Until the condition is there with its code, and both commands say so. */
  const seen = async (enforcer: Enforcer, { condition, code, says }: Lack): Promise<void> => {
    const found = await enforcer.condition(condition, ({ reason }) => reason === code);
    assert.equal(found.status, 'False');
    if (says !== undefined) assert.match(found.message, says);
    const described = await cluster.kubectl(['describe', 'nodeenforcement', enforcer.node]);
    assert.match(described, new RegExp(`Reason: +${code}\n`));
    const line = `${enforcer.node}: ${code}: ${found.message}`;
    assert.ok((await statusText(cluster)).split('\n').includes(line), line);
  };

  const well = async (enforcer: Enforcer, { condition, code }: Lack): Promise<void> => {
    await enforcer.condition(condition, ({ status }) => status === 'True');
    assert.doesNotMatch(await statusText(cluster), new RegExp(`^${enforcer.node}: ${code}:`, 'm'));
    enforcer.mustRun();
  };

  const check = async (lack: Lack): Promise<void> => {
    count += 1;
    const enforcer = await Enforcer.start(cluster, `bad-input-${String(count)}`, lack);
    try {
      await seen(enforcer, lack);
      await lack.mend?.({ cluster, enforcer });
      if (lack.mend !== undefined) await well(enforcer, lack);
    } catch (error) {
      throw new Error(`${lack.what}; its log:\n${enforcer.log}`, { cause: error });
    } finally {
      await enforcer.stop();
    }
  };

  // Most of the time is spent waiting; what is below shares the rights of one account.
  void describe('of the machine', { concurrency: 4 }, () => {
    for (const lack of KERNEL)
      it(`${lack.what}: ${lack.condition}=False ${lack.code}`, async () => {
        await check(lack);
      });

    for (const [how, code] of [
      ['Absent', 'NriUnavailable'],
      ['Silent', 'NriBusy'],
      ['Refusing', 'NriRefused'],
    ] as const)
      it(`NRI ${how}: RuntimeHooked=False ${code}`, async (t) => {
        if ('skip' in peer) {
          t.skip(peer.skip);
          return;
        }
        let unwilling: UnwillingRuntime | undefined;
        let willing: Peer | undefined;
        const socket = join(mkdtempSync(join(tmpdir(), 'pinfold-nri-')), 'nri.sock');
        try {
          if (how !== 'Absent') unwilling = await UnwillingRuntime.at(socket, how);
          await check({
            what: how,
            condition: 'RuntimeHooked',
            code,
            args: ['--nri-socket', socket],
            mend: async () => {
              await unwilling?.stop();
              willing = await Peer.start(peer.path, { socket });
            },
          });
        } finally {
          await willing?.kill();
          rmSync(dirname(socket), { recursive: true });
        }
      });
  });

  for (const [verb, resource] of RIGHTS)
    it(`may not ${verb} ${resource}: Permitted=False RightsMissing`, async () => {
      await without(verb, resource)(cluster);
      try {
        await check({
          what: `${verb} ${resource}`,
          condition: 'Permitted',
          code: 'RightsMissing',
          says: new RegExp(`does not permit: ${verb} ${resource}[.a-z0-9]*\\. `),
          mend: () => applyNodeRights(cluster),
        });
      } finally {
        await applyNodeRights(cluster);
      }
    });

  it('may not write its status: an Event says RightsMissing, and `pinfold status` does', async () => {
    await without('patch', 'nodeenforcements/status')(cluster);
    const enforcer = await Enforcer.start(cluster, 'bad-input-status');
    try {
      await until('the event', 30, async () => {
        const text = await cluster.kubectl(['describe', 'nodeenforcement', enforcer.node]);
        return /Warning +RightsMissing .*patch nodeenforcements.pinfold.dev\/status/.test(text)
          ? true
          : undefined;
      });
      const status = await statusText(cluster);
      assert.match(status, /^Node rights: +RightsMissing: .*patch nodeenforcements\S*\/status\./m);
      assert.match(status, /^bad-input-status: NodeNotReported: /m);
      await applyNodeRights(cluster);
      await enforcer.condition('Permitted', ({ status: holds }) => holds === 'True');
      assert.match(await statusText(cluster), /^Node rights: +Complete$/m);
    } finally {
      await applyNodeRights(cluster);
      await enforcer.stop();
    }
  });

  it('goes with its node', async () => {
    const enforcer = await Enforcer.start(cluster, 'bad-input-owned');
    try {
      const owned = await until('the object has an owner', 60, async () => {
        const object = await enforcer.object();
        return object.metadata.ownerReferences === undefined ? undefined : object;
      });
      const node = (await cluster.kubectlJson(['get', 'node', enforcer.node])) as NodeView;
      const [owner] = owned.metadata.ownerReferences ?? [];
      assert.deepEqual([owner?.kind, owner?.uid], ['Node', node.metadata.uid]);
      await cluster.kubectl(['delete', 'node', enforcer.node]);
      await until('the object is gone', 90, async () => {
        const names = await cluster.kubectl(['get', 'nodeenforcements', '-o', 'name']);
        return names.includes(enforcer.node) ? undefined : true;
      });
      enforcer.mustRun();
    } finally {
      await enforcer.stop();
    }
  });
});
