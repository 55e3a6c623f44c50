/** What is recorded of programs: execs, children of every kind, changed roots, what passes unseen. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chmodSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceOf, Workshop } from './support/cases.js';
import { lacks, skip } from './support/needs.js';
import { execsOf, filesOf, recordCommand, syscallsOf } from './support/recorded.js';
import { recordingTable } from './support/table.js';

const SELF = 'char self[4096] = {}; MUST(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);';
const MAKE_CHILD = 'char *child[] = {self, (char *)directory, "make a file", 0};';
/** One child each: the file that it makes proves that it was a member. */
const childOf = (start: string) => ({
  body: `${SELF} ${MAKE_CHILD} ${start}`,
  expected: { files: { made: 'Create Write' } },
});
const COPY = `char bytes[65536]; ssize_t length; int from = opened(open("/proc/self/exe", O_RDONLY));
  while ((length = read(from, bytes, sizeof(bytes))) > 0) MUST(write(to, bytes, length) == length);
  close(from);`;

recordingTable({
  'make a file': {
    body: 'opened(creat("made", 0600));',
    expected: { files: { made: 'Create Write' } },
  },
  fork: childOf('pid_t pid = fork(); if (!pid) { execv(self, child); _exit(9); } ended(pid, 0);'),
  vfork: childOf('pid_t pid = vfork(); if (!pid) { execv(self, child); _exit(9); } ended(pid, 0);'),
  posix_spawn: childOf(
    'pid_t pid; MUST(!posix_spawn(&pid, self, 0, 0, child, (char *[]){0})); ended(pid, 0);',
  ),
  clone3: childOf(`struct clone_args how = {.exit_signal = SIGCHLD, .flags = CLONE_VFORK};
    pid_t pid = syscall(SYS_clone3, &how, sizeof(how)); if (!pid) { execv(self, child); _exit(9); } ended(pid, 0);`),
  // It is adopted, so that its end can be waited for: its pipe closes before it has left the cgroup.
  'a grandchild whose parent is gone': childOf(`MUST(!prctl(PR_SET_CHILD_SUBREAPER, 1));
    int ends[2], status; char byte; MUST(!pipe(ends)); pid_t pid = fork();
    if (!pid) {
      if (!fork()) { close(ends[1]); MUST(read(ends[0], &byte, 1) == 0); opened(creat("made", 0600)); _exit(0); }
      _exit(0);
    }
    ended(pid, 0); close(ends[0]); close(ends[1]); MUST(wait(&status) > 0 && !status);`),
  execveat: childOf(`int program = opened(open(self, O_PATH)); pid_t pid = fork();
    if (!pid) { syscall(SYS_execveat, program, "", child, (char *[]){0}, AT_EMPTY_PATH); _exit(9); } ended(pid, 0);`),
  'exec from another thread': {
    body: `${SELF} void *run(void *unused) { ${MAKE_CHILD} execv(self, child); return 0; }
      pthread_t thread; MUST(!pthread_create(&thread, 0, run, 0)); pthread_join(thread, 0); _exit(9);`,
    expected: { files: { made: 'Create Write' } },
  },
  'a program that never had a name': {
    body: `${SELF} ${MAKE_CHILD} int to = opened(memfd_create("hidden", 0)); ${COPY} fexecve(to, child, (char *[]){0}); _exit(9);`,
    expected: (_, program) => ({
      files: { made: 'Create Write', [program]: 'Read' },
      notes: ['FilelessExec memfd:hidden'],
    }),
  },
  'a program whose name is gone': {
    body: `${SELF} ${MAKE_CHILD} int to = opened(open("copy", O_WRONLY | O_CREAT, 0700)); ${COPY} close(to);
      int copy = opened(open("copy", O_RDONLY | O_CLOEXEC)); MUST(!unlink("copy")); fexecve(copy, child, (char *[]){0}); _exit(9);`,
    expected: (_, program) => ({
      files: {
        copy: 'Create Delete Read Write',
        made: 'Create Write',
        [program]: 'Read',
      },
      notes: ['DeletedExec copy'],
    }),
  },
  'after chroot: everything is where it is': {
    prepare: `MUST(!mkdir("jail", 0755)); close(opened(creat("jail/f", 0600)));
      MUST(!mkdir("jail/sub", 0755)); MUST(!symlink("/sub", "jail/link"));`,
    body: `MUST(!chroot("jail")); MUST(!chdir("/"));
      opened(open("/f", O_RDONLY)); opened(creat("/g", 0600)); MUST(!mkdir("/d", 0700)); MUST(!rename("/g", "/h")); MUST(!unlink("../f"));
      MUST(!chdir("sub")); MUST(!mkdir("../../../e", 0700)); MUST(!mkdir("/link/i", 0700)); MUST(!rename("/h", "k"));`,
    expected: {
      files: {
        'jail/d': 'Create',
        'jail/e': 'Create',
        'jail/f': 'Delete Read',
        'jail/g': 'Create Delete Write',
        'jail/h': 'Create Delete',
        'jail/sub/i': 'Create',
        'jail/sub/k': 'Create',
      },
      capabilities: ['SYS_CHROOT'],
    },
  },
  'after chroot with the working directory left outside': {
    prepare: 'MUST(!mkdir("jail", 0755)); MUST(!mkdir("out", 0755));',
    body: 'MUST(!chdir("out")); MUST(!chroot("../jail")); MUST(!mkdir("a", 0700)); MUST(!mkdir("../b", 0700)); MUST(!mkdir("/c", 0700));',
    expected: {
      files: { b: 'Create', 'jail/c': 'Create', 'out/a': 'Create' },
      capabilities: ['SYS_CHROOT'],
    },
  },
  'a script without an interpreter, which the kernel refuses and a shell would run': {
    body: `int script = opened(creat("script", 0700)); MUST(write(script, "exit 0\\n", 7) == 7); close(script);
      FAILS(ENOEXEC, execl("./script", "script", (char *)0));`,
    expected: { execs: ['script'], files: { script: 'Create Write' } },
  },
  'a script after chroot': {
    prepare: `${SELF} MUST(!mkdir("jail", 0755)); int to = opened(creat("jail/interpreter", 0700)); ${COPY} close(to);
      int script = opened(creat("jail/script", 0700)); MUST(write(script, "#!/interpreter /\\n", 17) == 17); close(script);`,
    body: `MUST(!chroot("jail")); MUST(!chdir("/"));
      pid_t pid = fork(); if (!pid) { execl("./script", "script", (char *)0); _exit(9); } ended(pid, 99 << 8);`,
    expected: { execs: ['jail/interpreter', 'jail/script'], capabilities: ['SYS_CHROOT'] },
  },
  'after chroot into a tree that hangs nowhere: noted, in no rule': {
    body: `int tree = opened(syscall(SYS_open_tree, AT_FDCWD, ".", 1 /* OPEN_TREE_CLONE */));
      MUST(!fchdir(tree)); MUST(!chroot(".")); MUST(!mkdir("/d", 0700)); MUST(!mkdir("e", 0700));`,
    expected: {
      notes: ['ForeignRoot /d', 'ForeignRoot /e'],
      capabilities: ['SYS_ADMIN', 'SYS_CHROOT'],
    },
  },
  'in a mount namespace of its own': {
    prepare: 'close(opened(creat("f", 0600)));',
    body: 'MUST(!unshare(CLONE_NEWNS)); opened(open("f", O_RDONLY)); MUST(!mkdir("d", 0700));',
    expected: { files: { f: 'Read', d: 'Create' }, capabilities: ['SYS_ADMIN'] },
  },
  'in a tree that hangs nowhere: noted, in no rule': {
    prepare: 'close(opened(creat("f", 0600)));',
    body: `int tree = opened(syscall(SYS_open_tree, AT_FDCWD, ".", 1 /* OPEN_TREE_CLONE */));
      opened(openat(tree, "f", O_RDONLY));`,
    expected: { notes: ['ForeignRoot /f'], capabilities: ['SYS_ADMIN'] },
  },
  'io_uring: what passes through it is not seen': {
    body: `char parameters[120] = {}; int ring = syscall(SYS_io_uring_setup, 4, parameters);
      MUST(ring >= 0 || errno == ENOSYS || errno == EPERM); if (ring < 0) exit(0);`,
    expected: { notes: ['IoUringUsed io_uring was set up'], capabilities: ['IPC_LOCK'] },
  },
  'a script and its interpreter': {
    body: `char line[4200]; ${SELF} int script = opened(open("script", O_WRONLY | O_CREAT, 0700));
      int length = snprintf(line, sizeof(line), "#!%s %s\\n", self, directory); MUST(write(script, line, length) == length); close(script);
      pid_t pid = fork(); if (!pid) { execl("./script", "script", (char *)0); _exit(9); } ended(pid, 99 << 8);`,
    expected: { execs: ['script'], files: { script: 'Create Write' } },
  },
});

void test('programs of other ABIs and short lives', { skip }, async (t) => {
  let workshop: Workshop;
  before(() => {
    workshop = new Workshop();
  });
  after(() => {
    workshop.remove();
  });

  // Freestanding: not one syscall beside those written here.
  const BARE = String.raw`
    static long call(long number) { long result; __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(0L) : "rcx", "r11", "memory"); return result; }
    static int call32(int number) { int result; __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(0) : "memory"); return result; }
    void _start(void) { BODY; call(60); __builtin_unreachable(); }`;
  const bare = (name: string, body: string): string =>
    workshop.compile(
      name,
      BARE.replace('BODY', body),
      '-nostdlib',
      '-ffreestanding',
      '-fno-pie',
      '-no-pie',
    );

  await t.test('nothing of the launcher is in a profile', async () => {
    const program = bare('bare', '');
    const { behaviour } = await recordCommand(program, []);
    assert.deepEqual(syscallsOf(behaviour), { x86_64: ['execve', 'exit'] });
    assert.deepEqual(filesOf(behaviour), {});
    assert.deepEqual(execsOf(behaviour), [program]);
    assert.deepEqual([...behaviour.capabilities.keys()], []);
    assert.equal(behaviour.startSeen, true);
  });

  await t.test('int 0x80 in a 64-bit program is x86, x32 is x32', async (t) => {
    if (lacks('gcc', '-m32', '-static', '-x', 'c', '-o', '/dev/null', '-') !== false) {
      t.skip('needs gcc -m32');
      return;
    }
    const program = bare(
      'mixed',
      'call(39); call32(20 /* getpid */); call32(199 /* getuid32 */); call(0x40000000 | 102 /* getuid */)',
    );
    const { behaviour } = await recordCommand(program, []);
    assert.deepEqual(syscallsOf(behaviour), {
      x86_64: ['execve', 'exit', 'getpid'],
      x86: ['getpid', 'getuid32'],
      x32: ['getuid'],
    });
  });

  await t.test('a 32-bit program', async (t) => {
    const missing = lacks('gcc', '-m32', '-static', '-x', 'c', '-o', '/dev/null', '-');
    if (missing !== false) {
      t.skip(missing);
      return;
    }
    const program = workshop.compile(
      'small',
      sourceOf({
        all: `close(opened(open("f", O_RDWR | O_CREAT, 0600))); MUST(!rename("f", "g")); MUST(!truncate("g", 3)); MUST(!chown("g", 0, 0));
          MUST(mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, opened(open("g", O_RDONLY)), 0) != MAP_FAILED);
          struct sockaddr_un name = un("s"); int server = opened(socket(AF_UNIX, SOCK_STREAM, 0));
          MUST(!bind(server, AT(name))); MUST(!listen(server, 1)); MUST(!connect(opened(socket(AF_UNIX, SOCK_STREAM, 0)), AT(name)));`,
      }),
      '-m32',
    );
    const room = workshop.room();
    const { behaviour, exit } = await recordCommand(program, [room, 'all']);
    assert.equal(exit?.code, 0);
    assert.deepEqual(filesOf(behaviour, room), {
      f: 'Create Delete Read Write',
      g: 'Attributes Create MapExecutable Read Write',
      s: 'Create Write',
    });
    const { x86 = [], ...others } = syscallsOf(behaviour);
    // The exec that started it was made by a 64-bit program.
    assert.deepEqual(others, {});
    for (const name of ['openat', 'mmap2', 'exit_group', 'rename'])
      assert(x86.includes(name), name);
  });

  await t.test('a shell script: its name, its interpreter, and that it is read', async () => {
    const room = workshop.room();
    const script = join(room, 'run me.sh');
    writeFileSync(script, '#!/bin/sh\n:\n');
    chmodSync(script, 0o755);
    const { behaviour } = await recordCommand(script, []);
    assert.deepEqual(execsOf(behaviour), [realpathSync('/bin/sh'), script].sort());
    assert.match(filesOf(behaviour)[script] ?? '', /Read/);
  });

  await t.test('a thousand children that live for a moment: none is lost', async () => {
    const program = workshop.compile(
      'many',
      sourceOf({
        all: 'for (int i = 0; i < 1000; i++) { pid_t pid = vfork(); if (!pid) { execl("/bin/true", "true", (char *)0); _exit(9); } ended(pid, 0); }',
      }),
    );
    const { behaviour, exit } = await recordCommand(program, [workshop.room(), 'all']);
    assert.equal(exit?.code, 0);
    const path = realpathSync('/bin/true');
    assert.deepEqual(execsOf(behaviour), [path, program].sort());
    assert.equal(behaviour.execs.get(path)?.count, 1000);
    assert.deepEqual(behaviour.lost, {});
  });
});
