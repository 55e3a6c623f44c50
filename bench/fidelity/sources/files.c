/* SPDX-License-Identifier: Apache-2.0 */
/* Every family of calls on files and sockets once, in the current directory. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#define CHECK(call)                         \
	do {                                \
		if ((call) < 0)             \
			err(1, "%s", #call); \
	} while (0)

struct how {
	unsigned long long flags, mode, resolve;
};

static int file(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);

	CHECK(fd);
	CHECK(write(fd, "pinfold\n", 8));
	return fd;
}

static void opened(void)
{
	struct how how = {.flags = O_RDONLY};
	int fd, directory;
	char own[32];

	close(file("read"));
	CHECK(fd = creat("created", 0644));
	close(fd);
	CHECK(fd = open("created", O_WRONLY | O_APPEND));
	close(fd);
	CHECK(fd = open("created", O_RDONLY | O_TRUNC));
	close(fd);
	CHECK(mkdir("directory", 0755));
	CHECK(directory = open("directory", O_RDONLY | O_DIRECTORY));
	CHECK(fd = openat(directory, "inner", O_WRONLY | O_CREAT | O_EXCL, 0600));
	close(fd);
	CHECK(fd = syscall(SYS_openat2, directory, "inner", &how, sizeof(how)));
	close(fd);
	CHECK(fd = open("directory/../directory/./inner", O_PATH));
	close(fd);
	CHECK(symlink("directory/inner", "link"));
	CHECK(fd = open("link", O_RDONLY));
	close(fd);
	CHECK(fd = open("/proc/self/maps", O_RDONLY));
	close(fd);
	CHECK(fd = open(".", O_RDWR | O_TMPFILE, 0600));
	close(fd);
	/* The link stays: what it led to can be looked up afterwards. */
	close(file("target"));
	CHECK(symlink("target", "pointer"));
	CHECK(linkat(AT_FDCWD, "pointer", AT_FDCWD, "hard", AT_SYMLINK_FOLLOW));
	CHECK(fd = open("target", O_PATH));
	snprintf(own, sizeof(own), "/proc/self/fd/%d", fd);
	CHECK(chmod(own, 0640));
	close(fd);
	CHECK(unlinkat(directory, "inner", 0));
	close(directory);
	CHECK(unlink("hard"));
	CHECK(unlink("link"));
	CHECK(rmdir("directory"));
}

static void changed(void)
{
	struct timespec times[2] = {{1, 0}, {1, 0}};
	struct timeval values[2] = {{1, 0}, {1, 0}};
	struct utimbuf old = {1, 1};
	int fd = file("changed");

	CHECK(truncate("changed", 4));
	CHECK(ftruncate(fd, 2));
	CHECK(chmod("changed", 0644));
	CHECK(fchmod(fd, 0600));
	CHECK(fchmodat(AT_FDCWD, "changed", 0644, 0));
	CHECK(chown("changed", getuid(), getgid()));
	CHECK(lchown("changed", getuid(), getgid()));
	CHECK(fchown(fd, getuid(), getgid()));
	CHECK(fchownat(fd, "", getuid(), getgid(), AT_EMPTY_PATH));
	CHECK(utimensat(AT_FDCWD, "changed", times, 0));
	CHECK(futimens(fd, times));
	CHECK(utimes("changed", values));
	CHECK(utime("changed", &old));
	CHECK(rename("changed", "renamed"));
	CHECK(renameat(AT_FDCWD, "renamed", AT_FDCWD, "again"));
	CHECK(renameat2(AT_FDCWD, "again", AT_FDCWD, "last", RENAME_NOREPLACE));
	close(file("other"));
	CHECK(renameat2(AT_FDCWD, "last", AT_FDCWD, "other", RENAME_EXCHANGE));
	CHECK(link("last", "second"));
	CHECK(mkfifo("fifo", 0600));
	CHECK(symlinkat("nowhere", AT_FDCWD, "dangling"));
	CHECK(mkdirat(AT_FDCWD, "made", 0700));
	CHECK(chdir("made"));
	CHECK(mkdir("deeper", 0700));
	CHECK(rename("../second", "deeper/third"));
	CHECK(unlink("deeper/third"));
	CHECK(rmdir("deeper"));
	CHECK(chdir(".."));
	CHECK(rmdir("made"));
	close(fd);
	/* A name that is not UTF-8, with everything that needs quoting. */
	close(file("odd \xff\n\"<>\\ name"));
	CHECK(unlink("odd \xff\n\"<>\\ name"));
}

static void mapped(void)
{
	int fd = file("code");
	void *code;

	CHECK(ftruncate(fd, 4096));
	code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (code == MAP_FAILED)
		err(1, "mmap");
	munmap(code, 4096);
	close(fd);
}

static void named(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
	struct iovec data = {"x", 1};
	struct msghdr message = {
		.msg_name = &address, .msg_namelen = sizeof(address), .msg_iov = &data, .msg_iovlen = 1};
	int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
	int receiver = socket(AF_UNIX, SOCK_DGRAM, 0), sender = socket(AF_UNIX, SOCK_DGRAM, 0);

	CHECK(bind(server, (void *)&address, sizeof(address)));
	CHECK(listen(server, 1));
	CHECK(connect(client, (void *)&address, sizeof(address)));
	strcpy(address.sun_path, "datagrams");
	CHECK(bind(receiver, (void *)&address, sizeof(address)));
	CHECK(sendto(sender, "x", 1, 0, (void *)&address, sizeof(address)));
	strcpy(address.sun_path, "messages");
	close(receiver);
	receiver = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(bind(receiver, (void *)&address, sizeof(address)));
	CHECK(sendmsg(sender, &message, 0));
	close(server);
	close(client);
	close(receiver);
	close(sender);
}

static void networked(void)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct iovec data = {"x", 1};
	struct mmsghdr messages[2] = {
		{.msg_hdr = {.msg_name = &v4, .msg_namelen = sizeof(v4), .msg_iov = &data, .msg_iovlen = 1}},
		{.msg_hdr = {.msg_name = &v4, .msg_namelen = sizeof(v4), .msg_iov = &data, .msg_iovlen = 1}},
	};
	socklen_t length = sizeof(v4);
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	int datagrams = socket(AF_INET, SOCK_DGRAM, 0), mapped = socket(AF_INET6, SOCK_STREAM, 0);
	int datagrams6 = socket(AF_INET6, SOCK_DGRAM, 0);

	v4.sin_port = htons(23711);
	CHECK(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)));
	CHECK(bind(server, (void *)&v4, sizeof(v4)));
	CHECK(listen(server, 4));
	CHECK(getsockname(server, (void *)&v4, &length));
	CHECK(connect(client, (void *)&v4, length));
	CHECK(inet_pton(AF_INET6, "::ffff:127.0.0.1", &v6.sin6_addr));
	v6.sin6_port = v4.sin_port;
	CHECK(connect(mapped, (void *)&v6, sizeof(v6)));
	v4.sin_port = htons(23712);
	CHECK(sendto(datagrams, "x", 1, 0, (void *)&v4, sizeof(v4)));
	v4.sin_port = htons(23713);
	messages[0].msg_hdr.msg_iov = &data;
	sendmsg(datagrams, &messages[0].msg_hdr, 0); /* an earlier refusal may come back: no matter */
	v4.sin_port = htons(23714);
	sendmmsg(datagrams, messages, 2, 0);
	v4.sin_port = htons(23715);
	CHECK(connect(datagrams, (void *)&v4, sizeof(v4)));
	v4.sin_port = htons(23716); /* nobody listens */
	connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&v4, sizeof(v4));
	v6.sin6_addr = in6addr_loopback;
	v6.sin6_port = htons(23717);
	sendto(datagrams6, "x", 1, 0, (void *)&v6, sizeof(v6)); /* a machine may have no IPv6 */
}

int main(void)
{
	opened();
	changed();
	mapped();
	named();
	networked();
	puts("done");
	return 0;
}
