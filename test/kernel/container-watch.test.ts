/** Cgroups of containers come and go in a real hierarchy. */
import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cgroupRoot, cgroupTree } from '../../src/node-enforcer/cgroups.js';
import { ContainerWatch } from '../../src/node-enforcer/containers/container-watch.js';

const SLICE = 'kubepods-burstable.slice/kubepods-burstable-pod6f1c.slice';
const scope = (digit: string): string => `cri-containerd-${digit.repeat(64)}.scope`;

const options = process.getuid?.() === 0 ? { timeout: 60_000 } : { skip: 'needs root' };

interface Tree {
  readonly make: (path: string) => void;
  readonly remove: (path: string) => void;
  /** Until so much was told; that it was this, in any order. */
  readonly until: (log: string[]) => Promise<void>;
}

/** Watches a subtree of the real hierarchy that is made and removed here. */
const withWatch = async (use: (tree: Tree) => Promise<void>): Promise<void> => {
  const root = cgroupRoot();
  const top = join(root, `pinfold-test-${String(process.pid)}`);
  const kubepods = join(top, 'kubepods.slice');
  mkdirSync(kubepods, { recursive: true });
  const log: string[] = [];
  let changed: () => void = () => undefined;
  const note = (sign: string) => (directory: string) => {
    log.push(`${sign}${directory.slice(kubepods.length + 1)}`);
    changed();
  };
  mkdirSync(join(kubepods, SLICE, scope('a')), { recursive: true });
  const watch = new ContainerWatch({
    ...{ cgroupRoot: root, kubepods, appeared: note('+'), disappeared: note('-') },
    failed: (error) => {
      throw error;
    },
  });
  const until = async (expected: string[]): Promise<void> => {
    while (log.length < expected.length)
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    assert.deepEqual(log.sort(), expected.sort());
    log.length = 0;
  };
  try {
    await use({
      make: (path) => {
        mkdirSync(join(kubepods, path), { recursive: true });
      },
      remove: (path) => {
        rmdirSync(join(kubepods, path));
      },
      until,
    });
  } finally {
    watch.close();
    for (const directory of [...cgroupTree(top)].reverse()) rmdirSync(directory);
  }
};

test(
  'what is there, what comes with its pod, what goes, and what comes again',
  options,
  async () => {
    await withWatch(async ({ make, remove, until }) => {
      await until([`+${SLICE}/${scope('a')}`]);
      make(`${SLICE}/${scope('b')}`);
      await until([`+${SLICE}/${scope('b')}`]);
      // A pod with its first container, at once; and one of the highest class, beside the slices.
      make(`kubepods-besteffort.slice/kubepods-besteffort-pod7a2d.slice/${scope('c')}`);
      make(`kubepods-pod8b3e.slice/crio-${'d'.repeat(64)}.scope`);
      await until([
        `+kubepods-besteffort.slice/kubepods-besteffort-pod7a2d.slice/${scope('c')}`,
        `+kubepods-pod8b3e.slice/crio-${'d'.repeat(64)}.scope`,
      ]);
      remove(`${SLICE}/${scope('a')}`);
      await until([`-${SLICE}/${scope('a')}`]);
      make(`${SLICE}/${scope('a')}`);
      await until([`+${SLICE}/${scope('a')}`]);
    });
  },
);

test('a container that is made again under its name is another', options, async () => {
  await withWatch(async ({ make, remove, until }) => {
    await until([`+${SLICE}/${scope('a')}`]);
    remove(`${SLICE}/${scope('a')}`);
    make(`${SLICE}/${scope('a')}`);
    await until([`-${SLICE}/${scope('a')}`, `+${SLICE}/${scope('a')}`]);
  });
});

test('a pod that is made again is watched again', options, async () => {
  await withWatch(async ({ make, remove, until }) => {
    await until([`+${SLICE}/${scope('a')}`]);
    remove(`${SLICE}/${scope('a')}`);
    remove(SLICE);
    make(`${SLICE}/${scope('b')}`);
    await until([`-${SLICE}/${scope('a')}`, `+${SLICE}/${scope('b')}`]);
    make(`${SLICE}/${scope('c')}`);
    await until([`+${SLICE}/${scope('c')}`]);
  });
});

test('what a container makes within itself is not looked at', options, async () => {
  await withWatch(async ({ make, until }) => {
    make(`${SLICE}/${scope('a')}/init.scope`);
    make(`${SLICE}/${scope('a')}/${SLICE}/${scope('e')}`);
    make(`${SLICE}/${scope('b')}`);
    await until([`+${SLICE}/${scope('a')}`, `+${SLICE}/${scope('b')}`]);
  });
});

test('a kubelet’s cgroup that is not there is said', options, () => {
  const kubepods = join(cgroupRoot(), `pinfold-absent-${String(process.pid)}`);
  const nothing = (): void => undefined;
  const failures: string[] = [];
  new ContainerWatch({
    ...{ cgroupRoot: cgroupRoot(), kubepods, appeared: nothing, disappeared: nothing },
    failed: ({ code }) => failures.push(code),
  }).close();
  assert.deepEqual(failures, ['CgroupNotFound']);
});
