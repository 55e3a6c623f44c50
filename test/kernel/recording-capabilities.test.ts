/** Capabilities that were granted, and none that were only asked about. */
import { missingTracepoints } from '../../src/bpf/kernel.js';
import { skip as skipAll } from './support/needs.js';
import { recordingTable } from './support/table.js';

const skip =
  skipAll !== false || !missingTracepoints().includes('pf_capable')
    ? false
    : 'this kernel has no tracepoint for capabilities (since Linux 6.15)';

recordingTable({
  'granted ones': {
    skip,
    body: `char name[65]; close(opened(creat("f", 0600)));
      MUST(!chown("f", 1, 1)); MUST(!gethostname(name, sizeof(name))); MUST(!sethostname(name, strlen(name)));`,
    expected: {
      files: { f: 'Attributes Create Write' },
      capabilities: ['CHOWN', 'SYS_ADMIN'],
    },
  },
  'a refused check is not a need': {
    skip,
    body: `char name[] = "x"; struct sockaddr_in low = v4("127.0.0.1", 1019);
      close(opened(creat("f", 0600)));
      MUST(!setresuid(65534, 65534, 65534));
      FAILS(EPERM, chown("f", 1, 1)); FAILS(EPERM, sethostname(name, 1)); FAILS(EPERM, chroot("."));
      FAILS(EACCES, bind(opened(socket(AF_INET, SOCK_STREAM, 0)), AT(low)));`,
    expected: {
      files: { f: 'Create Write' },
      capabilities: ['SETUID'],
      sockets: ['Ingress TCP 127.0.0.1 1019'],
    },
  },
  'memory accounting asks for SYS_ADMIN and does not mean it': {
    skip,
    body: `for (int i = 0; i < 50; i++) MUST(mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
      MUST(sbrk(1 << 20) != (void *)-1);`,
    expected: {},
  },
  'inside a user namespace of its own nothing is granted here': {
    skip,
    body: `MUST(!setresuid(65534, 65534, 65534)); MUST(!unshare(CLONE_NEWUSER)); MUST(!unshare(CLONE_NEWNS));`,
    expected: { capabilities: ['SETUID'] },
  },
});
