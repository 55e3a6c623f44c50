/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * sys_exit   what a member really opened (from the file object behind the new descriptor), mapped
 *            executable, renamed, removed, made or changed, and what it was refused.
 * Gap: names (rename, unlink, …) are the caller's strings beside the directory the kernel resolved
 *      them from; user space follows the links. A descriptor that another thread closed at once is
 *      reported by its name and marked raced. io_uring does not pass here; its use is noted.
 */
#define PF_AT_FDCWD ((s32)-100)
#define PF_AT_SYMLINK_NOFOLLOW 0x100
#define PF_AT_SYMLINK_FOLLOW 0x400 /* linkat, which does not by itself */
#define PF_AT_EMPTY_PATH 0x1000
#define PF_RENAME_EXCHANGE 2
#define PF_O_CREAT 0100
#define PF_O_TMPFILE 020000000 /* the bit of its own, without O_DIRECTORY's */
#define PF_TIOCGPTPEER 0x5441
#define PF_PROT_EXEC 4
#define PF_MAP_ANONYMOUS 0x20
#define PF_S_IFMT 0170000
#define PF_S_IFSOCK 0140000
#define PF_AF_UNIX 1
#define PF_AF_INET 2
#define PF_AF_INET6 10

static __always_inline struct file *pf_file_of(struct task_struct *task, u32 descriptor)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files, *file = 0;

	if (!table || descriptor >= BPF_CORE_READ(table, max_fds))
		return 0;
	files = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), files + descriptor);
	return file;
}

static __always_inline void pf_append_user_string(struct pf_scratch *scratch, u64 text,
						  struct pf_path *path)
{
	u32 offset = scratch->offset & (PF_DATA - 1);
	long length = bpf_probe_read_user_str(&scratch->data[offset], 4096, (void *)text);

	if (length <= 0 || length > 4096) {
		path->flags |= PF_PATH_UNREADABLE;
		return;
	}
	path->argument = length - 1;
	scratch->offset = offset + (length - 1);
}

#define PF_OWN_DESCRIPTOR "/proc/self/fd/"
#define PF_OWN_DESCRIPTOR_LENGTH (sizeof(PF_OWN_DESCRIPTOR) - 1)

/*
 * The file that "/proc/self/fd/N" leads to; user space could not follow it after the fact. C
 * libraries change modes this way where they must not follow a link.
 */
static __always_inline struct file *pf_own_descriptor(struct task_struct *task, u64 name)
{
	char text[PF_OWN_DESCRIPTOR_LENGTH + 8] = {};
	const char *prefix = PF_OWN_DESCRIPTOR;
	u32 descriptor = 0;

	if (bpf_probe_read_user_str(text, sizeof(text), (void *)name) <=
	    (long)PF_OWN_DESCRIPTOR_LENGTH + 1)
		return 0;
#pragma unroll
	for (u32 i = 0; i < PF_OWN_DESCRIPTOR_LENGTH; i++)
		if (text[i] != prefix[i])
			return 0;
#pragma unroll
	for (u32 i = PF_OWN_DESCRIPTOR_LENGTH; i < sizeof(text) && text[i]; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		descriptor = descriptor * 10 + (text[i] - '0');
	}
	return pf_file_of(task, descriptor);
}

/* The directory that a name is relative to, and the name as the caller gave it. */
static __always_inline void pf_named(u32 index, struct pf_scratch *scratch,
				     struct task_struct *task, s32 directory, u64 name, u32 flags,
				     struct pf_path *path)
{
	if (scratch->offset >= PF_DATA / 2) {
		path->flags = PF_PATH_PRESENT | PF_PATH_TRUNCATED;
		return;
	}
	if (name && (flags & PF_PATH_FOLLOW)) {
		struct file *own = pf_own_descriptor(task, name);

		if (own) {
			pf_walk_file(index, scratch, own, path);
			return;
		}
	}
	if (directory == PF_AT_FDCWD) {
		struct fs_struct *fs = BPF_CORE_READ(task, fs);

		pf_walk(index, scratch, BPF_CORE_READ(fs, pwd.mnt), BPF_CORE_READ(fs, pwd.dentry),
			path);
	} else {
		struct file *file = pf_file_of(task, directory);

		if (file) {
			pf_walk_file(index, scratch, file, path);
			path->flags &= ~PF_PATH_DELETED;
		} else {
			path->flags = PF_PATH_PRESENT | PF_PATH_RACED;
			path->walked = 0;
		}
	}
	if (!name)
		return; /* the directory's descriptor itself is meant */
	path->flags |= PF_PATH_ARGUMENT | flags;
	if (scratch->offset < PF_DATA / 2)
		pf_append_user_string(scratch, name, path);
	else
		path->flags |= PF_PATH_TRUNCATED;
}

static __always_inline void pf_describe_file(struct pf_file_event *event, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	event->mode = BPF_CORE_READ(inode, i_mode);
	event->inode = BPF_CORE_READ(inode, i_ino);
	event->device = BPF_CORE_READ(inode, i_sb, s_dev);
}

struct pf_call {
	struct task_struct *task;
	struct pf_task *member;
	struct pf_slot *slot;
	struct pf_scratch *scratch;
	struct pt_regs *regs;
	u32 index;
	u32 abi;
	u32 number;
	bool multiplexed; /* arguments are those below: socketcall of 32-bit programs */
	u32 arguments[6];
	s64 result;
};

static __always_inline u64 pf_call_argument(struct pf_call *call, u32 n)
{
	return call->multiplexed ? call->arguments[n] : pf_argument(call->regs, call->abi, n);
}

static __always_inline u64 pf_open_flags(struct pf_call *call, const struct pf_sysop *op)
{
	u64 value;

	if (op->flags & PF_OP_TRUNC)
		return PF_O_TRUNC;
	value = pf_argument(call->regs, call->abi, op->flags_argument);
	if (op->flags & PF_OP_HOW) {
		u64 how = 0;

		if (bpf_probe_read_user(&how, sizeof(how), (void *)value))
			return 0;
		return how;
	}
	return value;
}

static __always_inline void pf_first_path(struct pf_call *call, const struct pf_sysop *op,
					  struct pf_file_event *event)
{
	s32 directory = op->directory1 == NA ?
				PF_AT_FDCWD :
				(s32)pf_argument(call->regs, call->abi, op->directory1);
	u64 name = op->path1 == NA ? 0 : pf_argument(call->regs, call->abi, op->path1);
	u32 flags = op->flags & PF_OP_FOLLOW ? PF_PATH_FOLLOW : 0;

	if (op->flags & PF_OP_AT_FLAGS) {
		u64 at = pf_argument(call->regs, call->abi, op->flags_argument);

		if (at & PF_AT_SYMLINK_NOFOLLOW)
			flags = 0;
		if (at & PF_AT_SYMLINK_FOLLOW)
			flags = PF_PATH_FOLLOW;
		if (at & PF_AT_EMPTY_PATH) {
			char head = 0;

			if (name && !bpf_probe_read_user(&head, 1, (void *)name) && !head)
				name = 0;
		}
	}
	pf_named(call->index, call->scratch, call->task, directory, name, flags, &event->path[0]);
}

/* An open that came to nothing: what was asked for, under the caller's name. */
static __always_inline void pf_asked(struct pf_call *call, const struct pf_sysop *op,
				     struct pf_file_event *event)
{
	u64 flags = pf_open_flags(call, op);

	event->access = (flags & 3) == 0 ? PF_READ :
			(flags & 3) == 1 ? PF_WRITE :
					   PF_READ | PF_WRITE;
	if (flags & PF_O_TRUNC)
		event->access |= PF_WRITE;
	if (flags & PF_O_CREAT) /* whether it would have been created is not known */
		event->access2 |= PF_CREATE;
	if (op->path1 != NA)
		pf_first_path(call, op, event);
	if (flags & PF_O_TMPFILE)
		event->path[0].flags |= PF_PATH_UNNAMED;
}

/* Success: fills the event; 0 when there is nothing to say. */
static __always_inline bool pf_opened(struct pf_call *call, const struct pf_sysop *op,
				      struct pf_file_event *event)
{
	struct file *file = pf_file_of(call->task, (u32)call->result);
	u32 mode;

	if (!file) {
		event->access = PF_READ;
		pf_first_path(call, op, event);
		event->path[0].flags |= op->path1 == NA ? PF_PATH_UNREADABLE : PF_PATH_RACED;
		return true;
	}
	mode = BPF_CORE_READ(file, f_mode);
	if (mode & PF_FMODE_PATH)
		return false;
	if (mode & PF_FMODE_READ)
		event->access |= PF_READ;
	if (mode & PF_FMODE_WRITE)
		event->access |= PF_WRITE;
	if (mode & PF_FMODE_CREATED)
		event->access |= PF_CREATE;
	else if (pf_open_flags(call, op) & PF_O_TRUNC)
		event->access |= PF_WRITE;
	pf_describe_file(event, file);
	pf_walk_file(call->index, call->scratch, file, &event->path[0]);
	return !(event->path[0].flags & PF_PATH_NAMELESS) ||
	       (event->path[0].flags & PF_PATH_FILELESS);
}

static __always_inline bool pf_changed(struct pf_call *call, struct file *file, u32 access,
				       struct pf_file_event *event)
{
	if (!file)
		return false;
	event->access = access;
	pf_describe_file(event, file);
	pf_walk_file(call->index, call->scratch, file, &event->path[0]);
	return !(event->path[0].flags & PF_PATH_NAMELESS) ||
	       (event->path[0].flags & PF_PATH_FILELESS);
}

static __always_inline bool pf_renamed(struct pf_call *call, const struct pf_sysop *op,
				       struct pf_file_event *event)
{
	event->access = op->access1;
	pf_first_path(call, op, event);
	if ((event->path[0].flags & PF_PATH_NAMELESS) && op->path2 == NA)
		return false; /* the mode of a pipe, by its descriptor */
	if (op->path2 != NA) {
		s32 directory = op->directory2 == NA ?
					PF_AT_FDCWD :
					(s32)pf_argument(call->regs, call->abi, op->directory2);

		event->access2 = op->access2;
		pf_named(call->index, call->scratch, call->task, directory,
			 pf_argument(call->regs, call->abi, op->path2), 0, &event->path[1]);
		if ((op->flags & PF_OP_EXCHANGE) &&
		    (pf_argument(call->regs, call->abi, op->flags_argument) & PF_RENAME_EXCHANGE)) {
			event->access |= op->access2;
			event->access2 |= op->access1;
		}
	}
	return true;
}

static __always_inline bool pf_mapped(struct pf_call *call, const struct pf_sysop *op,
				      struct pf_file_event *event)
{
	u64 protection = pf_argument(call->regs, call->abi, 2);
	struct pf_vma_context found = {};
	long error;

	if (!(protection & PF_PROT_EXEC))
		return false;
	if (op->kind == PF_OP_MMAP) {
		if (pf_argument(call->regs, call->abi, 3) & PF_MAP_ANONYMOUS)
			return false;
		return pf_changed(
			call, pf_file_of(call->task, (u32)pf_argument(call->regs, call->abi, 4)),
			op->access1, event);
	}
	error = bpf_find_vma(call->task, pf_argument(call->regs, call->abi, 0), pf_vma_file, &found,
			     0);
	if (error) {
		PF_FAILED(error);
		return false;
	}
	return pf_changed(call, (struct file *)found.file, op->access1, event);
}

/*
 * A unix socket with a name that is in no file system: noted with its name (what follows the NUL),
 * for no rule can hold it. `name` is in kernel memory unless `user`.
 */
static __always_inline void pf_abstract(struct pf_call *call, u32 op, const void *name, u32 length,
					bool user)
{
	struct pf_note_event *event = &call->scratch->event.note;
	char *text = call->scratch->data;

	if (length > PF_ABSTRACT_NAME)
		length = PF_ABSTRACT_NAME;
	/* Keeps the mask, which the verifier of 6.1 needs to see; here and below. */
	asm volatile("" : "+r"(length));
	length &= 127;
	__builtin_memset(event, 0, sizeof(*event));
	if (user ? bpf_probe_read_user(text, length, name) :
		   bpf_probe_read_kernel(text, length, name))
		length = 0; /* that it was used is told all the same */
	call->scratch->offset = length;
	pf_hash(call->index, call->scratch, 0);
	if (pf_first(&event->header, call->member->slot,
		     PF_WHAT(PF_EVENT_NOTE, PF_NOTE_ABSTRACT_UNIX | op << 8),
		     call->scratch->hash[0], call->scratch->hash[1], PF_COUNT_NOTE) == PF_REPEATED)
		return;
	event->note = PF_NOTE_ABSTRACT_UNIX;
	event->op = op;
	asm volatile("" : "+r"(length));
	length &= 127;
	event->length = length;
	pf_fill(&event->header, PF_EVENT_NOTE, sizeof(*event) + length, call->slot, call->member,
		call->task, 0);
	pf_send(&pf_telemetry, &event->header, sizeof(*event) + length, PF_COUNT_NOTE);
}

/* Bytes before the name of an abstract address: the family and the NUL. */
#define PF_ABSTRACT_HEAD 3

/* The unix socket at the other end (connect) or this one (bind), by the name it is bound to. */
static __always_inline bool pf_unix(struct pf_call *call, const struct pf_sysop *op,
				    struct pf_file_event *event)
{
	struct file *file = pf_file_of(call->task, (u32)pf_call_argument(call, 0));
	struct dentry *dentry;
	struct unix_sock *end;
	struct socket *socket;
	struct sock *sock;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & PF_S_IFMT) != PF_S_IFSOCK)
		return false;
	socket = BPF_CORE_READ(file, private_data);
	sock = BPF_CORE_READ(socket, sk);
	if (!sock || BPF_CORE_READ(sock, __sk_common.skc_family) != PF_AF_UNIX)
		return false;
	end = (struct unix_sock *)sock;
	if (op->kind == PF_OP_CONNECT)
		end = (struct unix_sock *)BPF_CORE_READ(end, peer);
	if (!end)
		return false;
	dentry = BPF_CORE_READ(end, path.dentry);
	if (!dentry) {
		struct unix_address *address = BPF_CORE_READ(end, addr);
		u32 length = address ? BPF_CORE_READ(address, len) : 0;

		if (length >= PF_ABSTRACT_HEAD)
			pf_abstract(call,
				    op->kind == PF_OP_CONNECT ? PF_SOCKET_CONNECT : PF_SOCKET_BIND,
				    (char *)address +
					    bpf_core_field_offset(struct unix_address, name) +
					    PF_ABSTRACT_HEAD,
				    length - PF_ABSTRACT_HEAD, false);
		return false;
	}
	event->access = op->access1;
	event->mode = PF_S_IFSOCK;
	pf_walk(call->index, call->scratch, BPF_CORE_READ(end, path.mnt), dentry, &event->path[0]);
	return true;
}

/* The address in a struct msghdr, 0 for none, and its length: it begins with msg_name and msg_namelen. */
static __always_inline u64 pf_message_address(struct pf_call *call, u64 where, u32 *length)
{
	u32 pointer = call->abi == PF_ABI_NATIVE ? 8 : 4;
	u64 address = 0;

	if (bpf_probe_read_user(&address, pointer, (void *)where) ||
	    bpf_probe_read_user(length, sizeof(*length), (void *)(where + pointer)))
		return 0;
	return address;
}

/* Where the caller put the address of a datagram (of many, the first), 0 for none, and its length. */
static __always_inline u64 pf_datagram_address(struct pf_call *call, const struct pf_sysop *op,
					       u32 *length)
{
	if (op->kind != PF_OP_SEND)
		return pf_message_address(call, pf_call_argument(call, 1), length);
	*length = pf_call_argument(call, 5);
	return pf_call_argument(call, 4);
}

/* Whether a caller's address is that of a unix socket, and the first byte of its name. */
static __always_inline bool pf_unix_address(u64 address, char *head)
{
	struct {
		u16 family;
		char head;
	} bytes = {};

	if (bpf_probe_read_user(&bytes, PF_ABSTRACT_HEAD, (void *)address))
		return false;
	*head = bytes.head;
	return bytes.family == PF_AF_UNIX;
}

/* A datagram to a unix address without connect: the name is the caller's. */
static __always_inline bool pf_unix_sent(struct pf_call *call, u64 address, u32 length,
					 struct pf_file_event *event, bool denied)
{
	struct pf_path *path = &event->path[0];
	char head;

	if (!address || length < PF_ABSTRACT_HEAD || !pf_unix_address(address, &head))
		return false;
	if (!head) {
		if (!denied)
			pf_abstract(call, PF_SOCKET_SEND, (void *)(address + PF_ABSTRACT_HEAD),
				    length - PF_ABSTRACT_HEAD, true);
		return false;
	}
	event->access = PF_WRITE;
	event->mode = PF_S_IFSOCK;
	pf_named(call->index, call->scratch, call->task, PF_AT_FDCWD, address + 2, PF_PATH_FOLLOW,
		 path);
	/* What follows a name that fills its length is none of it. */
	if (path->argument > length - 2) {
		call->scratch->offset -= path->argument - (length - 2);
		path->argument = length - 2;
	}
	return true;
}
