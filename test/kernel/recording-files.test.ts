/** What is recorded of files: each program does one thing, and exactly that is found. */
import assert from 'node:assert/strict';
import { recordingTable } from './support/table.js';

const FILE = 'close(opened(open("f", O_WRONLY | O_CREAT, 0644)));';
const SUBDIRECTORIES = 'MUST(!mkdir("a", 0755)); MUST(!mkdir("b", 0755));';
const LEVEL = "char name[201]; memset(name, 'd', 200); name[200] = 0;";

recordingTable({
  'open to read': {
    prepare: FILE,
    body: 'opened(open("f", O_RDONLY));',
    expected: { files: { f: 'Read' } },
  },
  'open to write': {
    prepare: FILE,
    body: 'opened(open("f", O_WRONLY));',
    expected: { files: { f: 'Write' } },
  },
  'open to append, and to read and write': {
    prepare: FILE,
    body: 'close(opened(open("f", O_WRONLY | O_APPEND))); opened(open("f", O_RDWR));',
    expected: { files: { f: 'Read Write' } },
  },
  'O_CREAT that makes': {
    body: 'opened(open("f", O_WRONLY | O_CREAT, 0600));',
    expected: { files: { f: 'Create Write' } },
  },
  'O_CREAT that finds': {
    prepare: FILE,
    body: 'opened(open("f", O_RDONLY | O_CREAT, 0600));',
    expected: { files: { f: 'Read' } },
  },
  'O_TRUNC is Write, whatever the mode': {
    prepare: FILE,
    body: 'opened(open("f", O_RDONLY | O_TRUNC));',
    expected: { files: { f: 'Read Write' } },
  },
  'creat of new and old': {
    prepare: FILE,
    body: 'opened(creat("f", 0600)); opened(creat("g", 0600));',
    expected: { files: { f: 'Write', g: 'Create Write' } },
  },
  'the open syscall itself': {
    prepare: FILE,
    body: 'opened(syscall(SYS_open, "f", O_RDWR)); opened(syscall(SYS_creat, "g", 0600));',
    expected: { files: { f: 'Read Write', g: 'Create Write' } },
  },
  openat2: {
    prepare: FILE,
    body: `struct open_how how = {.flags = O_RDWR}, beneath = {.flags = O_WRONLY | O_CREAT, .mode = 0600, .resolve = RESOLVE_BENEATH};
      opened(syscall(SYS_openat2, AT_FDCWD, "f", &how, sizeof(how)));
      opened(syscall(SYS_openat2, AT_FDCWD, "g", &beneath, sizeof(beneath)));`,
    expected: { files: { f: 'Read Write', g: 'Create Write' } },
  },
  open_by_handle_at: {
    prepare: FILE,
    body: `struct { struct file_handle head; char room[MAX_HANDLE_SZ]; } handle = {.head.handle_bytes = MAX_HANDLE_SZ};
      int mount, where = opened(open(".", O_RDONLY | O_DIRECTORY));
      MUST(!name_to_handle_at(AT_FDCWD, "f", &handle.head, &mount, 0));
      opened(open_by_handle_at(where, &handle.head, O_RDONLY));`,
    expected: { files: { '.': 'Read', f: 'Read' }, capabilities: ['DAC_READ_SEARCH'] },
  },
  'a directory, relative to its descriptor': {
    prepare: `${SUBDIRECTORIES} MUST(!chdir("a")); ${FILE}`,
    body: 'int a = opened(open("a", O_RDONLY | O_DIRECTORY)); opened(openat(a, "f", O_RDONLY));',
    expected: { files: { a: 'Read', 'a/f': 'Read' } },
  },
  'through symbolic links: the object, not the link': {
    prepare: `${SUBDIRECTORIES} ${FILE} MUST(!symlink("../f", "a/link")); MUST(!symlink("a", "c"));`,
    body: 'opened(open("c/link", O_RDONLY)); opened(open("./b/../f", O_WRONLY));',
    expected: { files: { f: 'Read Write' } },
  },
  'after the working directory was renamed': {
    prepare: `${SUBDIRECTORIES} MUST(!chdir("a")); ${FILE}`,
    body: 'MUST(!chdir("a")); MUST(!rename("../a", "../c")); opened(open("f", O_RDONLY));',
    expected: { files: { a: 'Delete', c: 'Create', 'c/f': 'Read' } },
  },
  'rename across directories': {
    prepare: `${SUBDIRECTORIES} MUST(!chdir("a")); ${FILE}`,
    body: 'MUST(!rename("a/f", "b/g"));',
    expected: { files: { 'a/f': 'Delete', 'b/g': 'Create' } },
  },
  'rename over what exists': {
    prepare: `${FILE} MUST(!link("f", "old")); MUST(!unlink("f")); ${FILE}`,
    body: 'MUST(!rename("f", "old"));',
    expected: { files: { f: 'Delete', old: 'Create' } },
  },
  'renameat and renameat2': {
    prepare: `${SUBDIRECTORIES} ${FILE}`,
    body: `int a = opened(open("a", O_PATH)), b = opened(open("b", O_PATH));
      MUST(!renameat(AT_FDCWD, "f", a, "g"));
      MUST(!renameat2(a, "g", b, "h", RENAME_NOREPLACE));`,
    expected: {
      files: { f: 'Delete', 'a/g': 'Create Delete', 'b/h': 'Create' },
    },
  },
  'renameat2 that exchanges makes and removes both': {
    prepare: `${FILE} close(opened(creat("g", 0600)));`,
    body: 'MUST(!renameat2(AT_FDCWD, "f", AT_FDCWD, "g", RENAME_EXCHANGE));',
    expected: { files: { f: 'Create Delete', g: 'Create Delete' } },
  },
  'unlink and rmdir': {
    prepare: `${FILE} ${SUBDIRECTORIES} close(opened(creat("a/g", 0600)));`,
    body: `int a = opened(open("a", O_PATH));
      MUST(!unlink("f")); MUST(!unlinkat(a, "g", 0)); MUST(!rmdir("b")); MUST(!unlinkat(AT_FDCWD, "a", AT_REMOVEDIR));`,
    expected: { files: { a: 'Delete', 'a/g': 'Delete', b: 'Delete', f: 'Delete' } },
  },
  'a link that is removed is removed itself': {
    prepare: `${FILE} MUST(!symlink("f", "link"));`,
    body: 'MUST(!unlink("link"));',
    expected: { files: { link: 'Delete' } },
  },
  'mkdir, mknod and symlink': {
    body: `MUST(!mkdir("d", 0700)); MUST(!mkdirat(AT_FDCWD, "d/e", 0700)); MUST(!mkfifo("p", 0600));
      MUST(!mknodat(AT_FDCWD, "q", S_IFREG | 0600, 0)); MUST(!symlink("anything", "s"));`,
    expected: { files: { d: 'Create', 'd/e': 'Create', p: 'Create', q: 'Create', s: 'Create' } },
  },
  'link writes the old and makes the new': {
    prepare: FILE,
    body: 'MUST(!link("f", "g"));',
    expected: { files: { f: 'Write', g: 'Create' } },
  },
  'linkat through a link': {
    prepare: `${FILE} MUST(!symlink("f", "s"));`,
    body: 'MUST(!linkat(AT_FDCWD, "s", AT_FDCWD, "g", AT_SYMLINK_FOLLOW)); MUST(!linkat(AT_FDCWD, "s", AT_FDCWD, "h", 0));',
    expected: { files: { f: 'Write', g: 'Create', h: 'Create', s: 'Write' } },
  },
  'O_TMPFILE that gets a name': {
    body: `char name[64];
      int file = opened(open(".", O_TMPFILE | O_WRONLY, 0600));
      snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
      MUST(!linkat(AT_FDCWD, name, AT_FDCWD, "g", AT_SYMLINK_FOLLOW));`,
    expected: { files: { '#inode': 'Write', g: 'Create' } },
  },
  'chmod in all its forms': {
    prepare: 'for (char n[] = "0"; *n < \'5\'; ++*n) close(opened(creat(n, 0600)));',
    body: `MUST(!chmod("0", 0640)); MUST(!fchmodat(AT_FDCWD, "1", 0640, 0));
      MUST(!fchmod(opened(open("2", O_RDONLY)), 0640)); MUST(!syscall(SYS_fchmodat2, AT_FDCWD, "3", 0640, 0));
      MUST(!syscall(SYS_fchmodat2, opened(open("4", O_PATH)), "", 0640, AT_EMPTY_PATH));`,
    expected: {
      files: {
        0: 'Attributes',
        1: 'Attributes',
        2: 'Attributes Read',
        3: 'Attributes',
        4: 'Attributes',
      },
    },
  },
  'chown in all its forms': {
    prepare: `for (char n[] = "0"; *n < '5'; ++*n) close(opened(creat(n, 0600)));
      MUST(!symlink("0", "link"));`,
    body: `MUST(!chown("0", 0, 0)); MUST(!lchown("1", 0, 0)); MUST(!fchown(opened(open("2", O_RDONLY)), 0, 0));
      MUST(!fchownat(AT_FDCWD, "3", 0, 0, 0)); MUST(!fchownat(opened(open("4", O_PATH)), "", 0, 0, AT_EMPTY_PATH));
      MUST(!lchown("link", 0, 0));`,
    expected: {
      files: {
        0: 'Attributes',
        1: 'Attributes',
        2: 'Attributes Read',
        3: 'Attributes',
        4: 'Attributes',
        link: 'Attributes',
      },
    },
  },
  'times in all their forms': {
    prepare: 'for (char n[] = "0"; *n < \'4\'; ++*n) close(opened(creat(n, 0600)));',
    body: `struct timeval now[2] = {}; struct utimbuf old = {};
      MUST(!utimensat(AT_FDCWD, "0", 0, 0)); MUST(!syscall(SYS_utimes, "1", now)); MUST(!syscall(SYS_utime, "2", &old));
      MUST(!futimens(opened(open("3", O_RDONLY)), 0));`,
    expected: {
      files: { 0: 'Attributes', 1: 'Attributes', 2: 'Attributes', 3: 'Attributes Read' },
    },
  },
  'extended attributes': {
    prepare:
      'for (char n[] = "0"; *n < \'3\'; ++*n) { close(opened(creat(n, 0600))); MUST(!setxattr(n, "user.a", "1", 1, 0)); }',
    body: `char value[8];
      MUST(!setxattr("0", "user.b", "1", 1, 0)); MUST(!fsetxattr(opened(open("1", O_RDONLY)), "user.b", "1", 1, 0));
      MUST(!lremovexattr("2", "user.a")); MUST(getxattr("0", "user.a", value, 8) == 1);`,
    expected: { files: { 0: 'Attributes', 1: 'Attributes Read', 2: 'Attributes' } },
  },
  'truncate and ftruncate': {
    prepare: `${FILE} close(opened(creat("g", 0600)));`,
    body: 'MUST(!truncate("f", 5)); int g = opened(open("g", O_RDWR)); MUST(!ftruncate(g, 5));',
    expected: { files: { f: 'Write', g: 'Read Write' } },
  },
  'O_PATH, stat, access and readlink are nothing': {
    prepare: `${FILE} MUST(!symlink("f", "s"));`,
    body: `struct stat s; char text[16];
      opened(open("f", O_PATH)); MUST(!stat("f", &s)); MUST(!access("f", R_OK)); MUST(readlink("s", text, 16) == 1);`,
    expected: {},
  },
  'what fails is nothing': {
    prepare: `${SUBDIRECTORIES} close(opened(creat("a/f", 0600)));`,
    body: `FAILS(ENOENT, open("missing", O_RDONLY)); FAILS(EISDIR, open("a", O_WRONLY)); FAILS(EEXIST, mkdir("a", 0700));
      FAILS(ENOENT, rename("missing", "b/g")); FAILS(ENOTDIR, open("a/f/g", O_RDONLY));
      FAILS(EEXIST, open("a/f", O_CREAT | O_EXCL | O_WRONLY, 0600)); FAILS(ENOENT, chmod("missing", 0600));`,
    expected: {},
  },
  'what was permitted and then failed was needed all the same': {
    prepare: `${SUBDIRECTORIES} close(opened(creat("a/f", 0600))); MUST(!mkdir("b/c", 0755));
      struct sockaddr_un name = un("s"); MUST(!bind(opened(socket(AF_UNIX, SOCK_STREAM, 0)), AT(name)));`,
    body: `FAILS(ENOTEMPTY, rmdir("a")); FAILS(EISDIR, unlink("b")); FAILS(ENOTEMPTY, rename("a", "b"));
      MUST(!mkfifo("p", 0600)); FAILS(ENXIO, open("p", O_WRONLY | O_NONBLOCK)); FAILS(ENXIO, open("s", O_RDWR));`,
    expected: {
      files: { a: 'Delete', b: 'Create Delete', p: 'Create Write', s: 'Read Write' },
    },
  },
  'executable mappings': {
    prepare:
      'for (char n[] = "0"; *n < \'3\'; ++*n) { int f = opened(creat(n, 0700)); MUST(write(f, "x", 1) == 1); close(f); }',
    body: `int f = opened(open("0", O_RDONLY)), g = opened(open("1", O_RDONLY)), h = opened(open("2", O_RDONLY));
      void *later, *none;
      MUST(mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, f, 0) != MAP_FAILED);
      MUST((later = mmap(0, 4096, PROT_READ, MAP_PRIVATE, g, 0)) != MAP_FAILED);
      MUST(!mprotect(later, 4096, PROT_READ | PROT_EXEC));
      MUST(mmap(0, 4096, PROT_READ, MAP_SHARED, h, 0) != MAP_FAILED);
      MUST((none = mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED);
      MUST(!mprotect(none, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));`,
    expected: { files: { 0: 'MapExecutable Read', 1: 'MapExecutable Read', 2: 'Read' } },
  },
  'unix sockets by name': {
    body: `struct sockaddr_un name = un("s"), datagrams = un("d");
      int server = opened(socket(AF_UNIX, SOCK_STREAM, 0)), client = opened(socket(AF_UNIX, SOCK_STREAM, 0));
      int receiver = opened(socket(AF_UNIX, SOCK_DGRAM, 0)), sender = opened(socket(AF_UNIX, SOCK_DGRAM, 0));
      MUST(!bind(server, AT(name))); MUST(!listen(server, 1)); MUST(!connect(client, AT(name))); opened(accept(server, 0, 0));
      MUST(!bind(receiver, AT(datagrams))); MUST(sendto(sender, "x", 1, 0, AT(datagrams)) == 1);`,
    expected: { files: { d: 'Create Write', s: 'Create Write' } },
  },
  'unix datagrams by sendmsg': {
    prepare: '',
    body: `struct sockaddr_un name = un("d"); struct iovec part = {"x", 1};
      struct msghdr message = {.msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = &part, .msg_iovlen = 1};
      int receiver = opened(socket(AF_UNIX, SOCK_DGRAM, 0)), sender = opened(socket(AF_UNIX, SOCK_DGRAM, 0));
      MUST(!bind(receiver, AT(name))); MUST(sendmsg(sender, &message, 0) == 1);`,
    expected: { files: { d: 'Create Write' } },
  },
  'unix datagrams by sendmmsg: every one of them, and of those to the peer none': {
    body: `struct sockaddr_un names[20]; struct mmsghdr all[20] = {}; struct iovec part = {"x", 1};
      int sender = opened(socket(AF_UNIX, SOCK_DGRAM, 0));
      for (int i = 0; i < 20; i++) {
        names[i] = un("d0"); names[i].sun_path[1] = 'a' + i;
        MUST(!bind(opened(socket(AF_UNIX, SOCK_DGRAM, 0)), AT(names[i])));
        all[i].msg_hdr = (struct msghdr){.msg_name = &names[i], .msg_namelen = sizeof(names[i]), .msg_iov = &part, .msg_iovlen = 1};
      }
      MUST(!connect(sender, AT(names[3]))); all[3].msg_hdr.msg_name = 0; all[3].msg_hdr.msg_namelen = 0;
      MUST(sendmmsg(sender, all, 18, 0) == 18);`,
    expected: {
      // The last two were not sent to.
      files: Object.fromEntries(
        Array.from('abcdefghijklmnopqrst', (letter, n) => [
          `d${letter}`,
          n < 18 ? 'Create Write' : 'Create',
        ]),
      ),
    },
  },
  'names that are not UTF-8, and with a newline': {
    body: String.raw`opened(creat("caf\xe9", 0600)); opened(creat("two\nlines", 0600)); opened(creat("\xf0\x9f\x98\x80", 0600));
      MUST(!mkdir("\xff", 0700));`,
    expected: {
      files: {
        'caf\udce9': 'Create Write',
        'two\nlines': 'Create Write',
        '😀': 'Create Write',
        '\udcff': 'Create',
      },
    },
  },
  'the longest name': {
    body: "char name[256]; memset(name, 'n', 255); name[255] = 0; opened(creat(name, 0600));",
    expected: { files: { ['n'.repeat(255)]: 'Create Write' } },
  },
  'deeper than the walk goes: noted, in no rule': {
    prepare:
      'for (int i = 0; i < 200; i++) { MUST(!mkdir("d", 0755)); MUST(!chdir("d")); } close(opened(creat("f", 0600)));',
    body: 'for (int i = 0; i < 200; i++) MUST(!chdir("d")); opened(open("f", O_RDONLY));',
    expected: { notes: ['PathUnreadable /d/d/d/d/d/d/…'] },
  },
  'longer than PATH_MAX, by chdir': {
    prepare: `${LEVEL} for (int i = 0; i < 30; i++) { MUST(!mkdir(name, 0755)); MUST(!chdir(name)); } close(opened(creat("f", 0600)));`,
    body: `${LEVEL} for (int i = 0; i < 30; i++) MUST(!chdir(name)); opened(open("f", O_RDONLY));`,
    expected: { notes: ['PathUnreadable /dddddddddddd…'] },
  },
  'eight threads that open at once': {
    body: `pthread_t threads[8]; char names[8][2];
      for (int i = 0; i < 8; i++) {
        snprintf(names[i], 2, "%d", i);
        MUST(!pthread_create(&threads[i], 0, make, names[i]));
      }
      for (int i = 0; i < 8; i++) MUST(!pthread_join(threads[i], 0));`,
    expected: {
      files: Object.fromEntries(Array.from({ length: 8 }, (_, n) => [String(n), 'Create Write'])),
    },
  },
  'how often: a thousand opens are one item with its count': {
    prepare: FILE,
    body: 'for (int i = 0; i < 1000; i++) close(opened(open("f", O_RDONLY)));',
    expected: { files: { f: 'Read' } },
    also: (behaviour, room) => {
      assert.equal(behaviour.files.get(`${room}/f`)?.count, 1000);
    },
  },
});
