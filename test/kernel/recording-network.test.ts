/** What is recorded of the network: addresses and ports as the kernel used them. */
import assert from 'node:assert/strict';
import { freePorts } from './support/ports.js';
import { recordingTable } from './support/table.js';

const [a = 0, b = 0] = await freePorts(2);
const ports = (): readonly string[] => [String(a), String(b)];

const SERVE_4 = `struct sockaddr_in here = v4("127.0.0.1", atoi(extra[0]));
  int server = opened(socket(AF_INET, SOCK_STREAM, 0)), one = 1;
  MUST(!setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
  MUST(!bind(server, AT(here))); MUST(!listen(server, 4));`;

recordingTable({
  'bind, listen, connect and accept over IPv4': {
    arguments: ports,
    body: `${SERVE_4}
      int client = opened(socket(AF_INET, SOCK_STREAM, 0));
      MUST(!connect(client, AT(here))); opened(accept(server, 0, 0));`,
    expected: { sockets: [`Ingress TCP 127.0.0.1 ${a}`, `Egress TCP 127.0.0.1 ${a}`] },
  },
  'bind, listen, connect and accept4 over IPv6': {
    arguments: ports,
    body: `struct sockaddr_in6 here = v6("::1", atoi(extra[0]));
      int server = opened(socket(AF_INET6, SOCK_STREAM, 0)), client = opened(socket(AF_INET6, SOCK_STREAM, 0));
      MUST(!bind(server, AT(here))); MUST(!listen(server, 4));
      MUST(!connect(client, AT(here))); opened(accept4(server, 0, 0, SOCK_CLOEXEC));`,
    expected: { sockets: [`Ingress TCP ::1 ${a}`, `Egress TCP ::1 ${a}`] },
  },
  'an IPv4 address in an IPv6 socket is that IPv4 address': {
    arguments: ports,
    body: `${SERVE_4}
      struct sockaddr_in6 mapped = v6("::ffff:127.0.0.1", atoi(extra[0])), other = v6("::ffff:127.0.0.1", atoi(extra[1]));
      int client = opened(socket(AF_INET6, SOCK_STREAM, 0)), bound = opened(socket(AF_INET6, SOCK_STREAM, 0));
      MUST(!connect(client, AT(mapped))); MUST(!bind(bound, AT(other)));`,
    expected: {
      sockets: [
        `Ingress TCP 127.0.0.1 ${a}`,
        `Egress TCP 127.0.0.1 ${a}`,
        `Ingress TCP 127.0.0.1 ${b}`,
      ],
    },
  },
  'every address, and a port that the kernel chooses': {
    body: `struct sockaddr_in any = v4("0.0.0.0", 0); struct sockaddr_in6 any6 = v6("::", 0);
      int first = opened(socket(AF_INET, SOCK_STREAM, 0)), second = opened(socket(AF_INET6, SOCK_DGRAM, 0));
      MUST(!bind(first, AT(any))); MUST(!bind(second, AT(any6)));`,
    expected: { sockets: ['Ingress TCP 0.0.0.0 0', 'Ingress UDP :: 0'] },
  },
  'a connection that is refused was needed all the same': {
    arguments: ports,
    body: `struct sockaddr_in nobody = v4("127.0.0.1", atoi(extra[0]));
      FAILS(ECONNREFUSED, connect(opened(socket(AF_INET, SOCK_STREAM, 0)), AT(nobody)));`,
    expected: { sockets: [`Egress TCP 127.0.0.1 ${a}`] },
  },
  'a connection that is in progress': {
    arguments: ports,
    body: `${SERVE_4}
      int client = opened(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      MUST(!connect(client, AT(here)) || errno == EINPROGRESS);`,
    expected: { sockets: [`Ingress TCP 127.0.0.1 ${a}`, `Egress TCP 127.0.0.1 ${a}`] },
  },
  'UDP connected': {
    arguments: ports,
    body: `struct sockaddr_in to = v4("127.0.0.1", atoi(extra[0])); struct sockaddr_in6 six = v6("::1", atoi(extra[1]));
      int four = opened(socket(AF_INET, SOCK_DGRAM, 0)), other = opened(socket(AF_INET6, SOCK_DGRAM, 0));
      MUST(!connect(four, AT(to))); MUST(send(four, "x", 1, 0) == 1); MUST(!connect(other, AT(six)));`,
    expected: { sockets: [`Egress UDP 127.0.0.1 ${a}`, `Egress UDP ::1 ${b}`] },
  },
  'UDP without a connection: sendto, sendmsg, sendmmsg, v4-mapped': {
    arguments: ports,
    body: `struct sockaddr_in to = v4("127.0.0.1", atoi(extra[0])), third = v4("127.0.0.3", atoi(extra[0]));
      struct sockaddr_in6 six = v6("::1", atoi(extra[0])), mapped = v6("::ffff:127.0.0.2", atoi(extra[1]));
      struct iovec part = {"x", 1};
      struct msghdr message = {.msg_name = &six, .msg_namelen = sizeof(six), .msg_iov = &part, .msg_iovlen = 1};
      struct mmsghdr many = {.msg_hdr = {.msg_name = &third, .msg_namelen = sizeof(third), .msg_iov = &part, .msg_iovlen = 1}};
      int four = opened(socket(AF_INET, SOCK_DGRAM, 0)), other = opened(socket(AF_INET6, SOCK_DGRAM, 0));
      MUST(sendto(four, "x", 1, 0, AT(to)) == 1); MUST(sendmsg(other, &message, 0) == 1);
      MUST(sendto(other, "x", 1, 0, AT(mapped)) == 1);
      MUST(sendmmsg(opened(socket(AF_INET, SOCK_DGRAM, 0)), &many, 1, 0) == 1);`,
    expected: {
      sockets: [
        `Egress UDP 127.0.0.1 ${a}`,
        `Egress UDP 127.0.0.2 ${b}`,
        `Egress UDP 127.0.0.3 ${a}`,
        `Egress UDP ::1 ${a}`,
      ],
    },
  },
  'TCP fast open, which connects by sending': {
    arguments: ports,
    body: `${SERVE_4}
      int client = opened(socket(AF_INET, SOCK_STREAM, 0));
      MUST(sendto(client, "x", 1, MSG_FASTOPEN, AT(here)) == 1 || errno == EINPROGRESS);`,
    expected: { sockets: [`Ingress TCP 127.0.0.1 ${a}`, `Egress TCP 127.0.0.1 ${a}`] },
  },
  'a port below 1024 needs its capability': {
    body: `struct sockaddr_in low = v4("127.0.0.1", 1019);
      MUST(!bind(opened(socket(AF_INET, SOCK_STREAM, 0)), AT(low)));`,
    expected: { sockets: ['Ingress TCP 127.0.0.1 1019'], capabilities: ['NET_BIND_SERVICE'] },
  },
  'unix sockets without a name in the file system are noted, with any byte, and in no rule': {
    body: `struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\\0pinfold-test"}; int pair[2];
      int server = opened(socket(AF_UNIX, SOCK_STREAM, 0)), client = opened(socket(AF_UNIX, SOCK_STREAM, 0));
      MUST(!bind(server, AT(name))); MUST(!listen(server, 1)); MUST(!connect(client, AT(name)));
      MUST(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair)); MUST(send(pair[0], "x", 1, 0) == 1);
      struct sockaddr_un odd = {.sun_family = AF_UNIX, .sun_path = "\\0a\\xff\\n\\0z"}; struct iovec part = {"x", 1};
      socklen_t size = offsetof(struct sockaddr_un, sun_path) + 6;
      struct msghdr message = {.msg_name = &odd, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1};
      int receiver = opened(socket(AF_UNIX, SOCK_DGRAM, 0)), sender = opened(socket(AF_UNIX, SOCK_DGRAM, 0));
      MUST(!bind(receiver, (struct sockaddr *)&odd, size)); MUST(sendto(sender, "x", 1, 0, (struct sockaddr *)&odd, size) == 1);
      MUST(sendmsg(sender, &message, 0) == 1);`,
    expected: {
      notes: [
        'AbstractUnixSocket bind @pinfold-test',
        'AbstractUnixSocket bind @a\udcff\n\0z',
        'AbstractUnixSocket connect @pinfold-test',
        'AbstractUnixSocket send @a\udcff\n\0z',
      ].sort(),
    },
    also: (behaviour) => {
      assert.equal(
        behaviour.notes.get('AbstractUnixSocket send @a\udcff\n\0z')?.count,
        2,
        'sendto and sendmsg',
      );
    },
  },
});
