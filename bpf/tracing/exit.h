/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * sys_exit   dispatch by syscall: what came back well is observed (files.h), and so is what was
 *            permitted and then failed on its own account; what came back with EACCES, EPERM or what the slot's filter answers is sent as a denial, to be judged in user space. Attached while
 *            something records, audits or is enforced by the ladder; it taxes every syscall.
 */
#if defined(__TARGET_ARCH_x86)
/* socketcall(2): the calls inside, in the order of the kernel's table (net/socket.c). */
enum {
	PF_INNER_BIND = 2,
	PF_INNER_CONNECT = 3,
	PF_INNER_ACCEPT = 5,
	PF_INNER_SENDTO = 11,
	PF_INNER_SENDMSG = 16,
	PF_INNER_ACCEPT4 = 18,
	PF_INNER_SENDMMSG = 20,
};

/* The call inside a socketcall of a 32-bit program, with its arguments from user memory. */
static __always_inline const struct pf_sysop *pf_demultiplexed(struct pf_call *call,
							       const struct pf_sysop *op)
{
	u32 inner;

	switch (pf_argument(call->regs, call->abi, 0)) {
	case PF_INNER_BIND:
		inner = PF_NR_X86_bind;
		break;
	case PF_INNER_CONNECT:
		inner = PF_NR_X86_connect;
		break;
	case PF_INNER_ACCEPT:
	case PF_INNER_ACCEPT4:
		inner = PF_NR_X86_accept4;
		break;
	case PF_INNER_SENDTO:
		inner = PF_NR_X86_sendto;
		break;
	case PF_INNER_SENDMSG:
		inner = PF_NR_X86_sendmsg;
		break;
	case PF_INNER_SENDMMSG:
		inner = PF_NR_X86_sendmmsg;
		break;
	default:
		return op;
	}
	/* Up to three arguments are needed of calls that have that many: a fault means fewer. */
	if (bpf_probe_read_user(call->arguments, sizeof(call->arguments),
				(void *)pf_argument(call->regs, call->abi, 1)) &&
	    bpf_probe_read_user(call->arguments, 3 * sizeof(u32),
				(void *)pf_argument(call->regs, call->abi, 1)))
		return op;
	call->multiplexed = true;
	return &pf_sysops_compat[inner];
}
#endif

static __always_inline bool pf_observed(struct pf_call *call, const struct pf_sysop *op,
					struct pf_file_event *event)
{
	u32 length = 0;
	u64 address;

	switch (op->kind) {
	case PF_OP_OPEN:
		if (call->result >= 0)
			return pf_opened(call, op, event);
		pf_asked(call, op, event);
		event->access2 = 0; /* of a second path, in what is observed */
		return true;
	case PF_OP_PEER:
		return pf_opened(call, op, event);
	case PF_OP_EXEC:
		if (call->result >= 0)
			return false; /* sched_process_exec told */
		event->access = op->access1;
		pf_first_path(call, op, event);
		return true;
	case PF_OP_OBJECT:
		return pf_changed(call,
				  pf_file_of(call->task, (u32)pf_argument(call->regs, call->abi,
									  op->directory1)),
				  op->access1, event);
	case PF_OP_PATHS:
		return pf_renamed(call, op, event);
	case PF_OP_MMAP:
	case PF_OP_MPROTECT:
		return pf_mapped(call, op, event);
	case PF_OP_CONNECT:
	case PF_OP_BIND:
		return pf_unix(call, op, event);
	case PF_OP_SEND:
	case PF_OP_SEND_MESSAGE:
		address = pf_datagram_address(call, op, &length);
		return address && pf_unix_sent(call, address, length, event, false);
	default:
		return false;
	}
}

/* A refused call: whatever names its object, by the caller's argument. */
static __always_inline void pf_refused(struct pf_call *call, const struct pf_sysop *op,
				       struct pf_file_event *event)
{
	u32 length = 0;
	u64 address;

	switch (op->kind) {
	case PF_OP_OPEN:
		pf_asked(call, op, event);
		return;
	case PF_OP_CONNECT:
	case PF_OP_BIND: {
		char head;

		address = pf_call_argument(call, 1);
		if (pf_unix_address(address, &head) && head) {
			event->access = op->access1;
			pf_named(call->index, call->scratch, call->task, PF_AT_FDCWD, address + 2,
				 PF_PATH_FOLLOW, &event->path[0]);
		}
		return;
	}
	case PF_OP_OBJECT:
		pf_changed(call,
			   pf_file_of(call->task,
				      (u32)pf_argument(call->regs, call->abi, op->directory1)),
			   op->access1, event);
		return;
	case PF_OP_PATHS:
		pf_renamed(call, op, event);
		return;
	case PF_OP_SEND:
	case PF_OP_SEND_MESSAGE:
	case PF_OP_SEND_MESSAGES: /* an error means that not even the first was sent */
		address = pf_datagram_address(call, op, &length);
		if (address)
			pf_unix_sent(call, address, length, event, true);
		return;
	case PF_OP_EXEC:
		event->access = op->access1;
		break;
	case PF_OP_MMAP:
	case PF_OP_MPROTECT:
		pf_mapped(call, op, event);
		return;
	default:
		return;
	}
	if (op->path1 != NA)
		pf_first_path(call, op, event);
}

/* A function of its own for the sake of the stack: its event is large. */
static __noinline int pf_accepted(struct pf_call *call)
{
	struct file *file = pf_file_of(call->task, (u32)call->result);
	struct pf_socket_event event = {.op = PF_SOCKET_ACCEPT};
	struct socket *socket;
	struct sock *sock;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & PF_S_IFMT) != PF_S_IFSOCK)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	sock = BPF_CORE_READ(socket, sk);
	if (!sock)
		return 0;
	event.family = BPF_CORE_READ(sock, __sk_common.skc_family);
	if (event.family == PF_AF_INET)
		BPF_CORE_READ_INTO((u32 *)event.address, sock, __sk_common.skc_daddr);
	else if (event.family == PF_AF_INET6)
		bpf_core_read(event.address, 16, &sock->__sk_common.skc_v6_daddr);
	else
		return 0;
	event.type = BPF_CORE_READ(sock, sk_type);
	event.protocol = BPF_CORE_READ(sock, sk_protocol);
	event.port = bpf_ntohs(BPF_CORE_READ(sock, __sk_common.skc_dport));
	event.local_port = BPF_CORE_READ(sock, __sk_common.skc_num);
	/* One line per peer address and local port: the peer's own port says nothing. */
	if (pf_first(&event.header, call->member->slot, PF_WHAT(PF_EVENT_SOCKET, PF_SOCKET_ACCEPT),
		     ((u64 *)event.address)[0] ^ ((u64)event.local_port << 48),
		     ((u64 *)event.address)[1] ^ event.family, PF_COUNT_SOCKET) == PF_REPEATED)
		return 0;
	pf_fill(&event.header, PF_EVENT_SOCKET, sizeof(event), call->slot, call->member, call->task,
		0);
	pf_send(&pf_telemetry, &event.header, sizeof(event), PF_COUNT_SOCKET);
	return 0;
}

/* Sends what was built in the scratch buffer, unless it is a repetition. */
static __always_inline void pf_publish(struct pf_call *call, struct pf_file_event *event,
				       bool denied)
{
	u32 class = denied ? PF_COUNT_DENIAL : PF_COUNT_FILE, size, what;

	if ((event->path[0].flags | event->path[1].flags) & PF_PATH_ARGUMENT)
		pf_walk_changed_root(call->index, call->scratch, call->task, &event->root);
	event->abi = call->abi;
	event->syscall = call->number;
	pf_hash(call->index, call->scratch, 0);
	what = denied ? PF_WHAT(PF_EVENT_DENIAL, call->number << 8 | event->access) :
			PF_WHAT(PF_EVENT_FILE,
				event->access | event->access2 << 8 |
					(event->path[0].flags & PF_PATH_ARGUMENT ? 1 << 16 : 0));
	if (pf_first(&event->header, call->member->slot, what, call->scratch->hash[0],
		     call->scratch->hash[1], class) == PF_REPEATED)
		return;
	size = sizeof(*event) + call->scratch->offset;
	size = size > sizeof(*event) + PF_DATA ? sizeof(*event) + PF_DATA : size;
	pf_fill(&event->header, denied ? PF_EVENT_DENIAL : PF_EVENT_FILE, size, call->slot,
		call->member, call->task, denied ? (s32)call->result : 0);
	if (denied)
		pf_send(&pf_security, &event->header, size, class);
	else
		pf_send(&pf_telemetry, &event->header, size, class);
}

static __always_inline struct pf_file_event *pf_blank(struct pf_call *call)
{
	struct pf_file_event *event = &call->scratch->event.file;

	__builtin_memset(event, 0, sizeof(*event));
	pf_begin(call->scratch, call->member->slot);
	return event;
}

#define PF_MESSAGES 1024 /* UIO_MAXIOV: sendmmsg takes no more */

/* struct mmsghdr, an array of which sendmmsg takes: a struct msghdr and a length. */
static __always_inline u32 pf_message_size(struct pf_call *call)
{
	return call->abi == PF_ABI_NATIVE ? 64 : 32;
}

static long pf_message(u32 i, void *data)
{
	struct pf_call *call = data;
	u64 where = pf_call_argument(call, 1) + (u64)i * pf_message_size(call), address;
	u32 length = 0;
	char head;

	if (i >= call->result)
		return 1;
	address = pf_message_address(call, where, &length);
	if (!address)
		return 0; /* to the peer of the socket */
	if (!pf_unix_address(address, &head))
		return 1; /* a socket of another family, then: none of them is */
	if (pf_unix_sent(call, address, length, pf_blank(call), false))
		pf_publish(call, &call->scratch->event.file, false);
	return 0;
}

static __always_inline void pf_report(struct pf_call *call, const struct pf_sysop *op, bool denied)
{
	struct pf_file_event *event;

	if (!denied && op->kind == PF_OP_SEND_MESSAGES) {
		bpf_loop(PF_MESSAGES, pf_message, call, 0);
		return;
	}
	event = pf_blank(call);
	if (denied)
		pf_refused(call, op, event);
	else if (!pf_observed(call, op, event))
		return;
	pf_publish(call, event, denied);
}

/*
 * Errors that come after every permission was asked: the call needs its permission all the same, or
 * another error than the one that the program knows would come back. /dev/tty without a terminal is
 * ENXIO, a process that ended ESRCH, a script without #! ENOEXEC, rmdir of a directory in use ENOTEMPTY.
 */
static __always_inline bool pf_permitted(const struct pf_sysop *op, s64 result)
{
	switch (op->kind) {
	case PF_OP_OPEN:
		return result == -PF_ENXIO || result == -PF_ENODEV || result == -PF_EBUSY ||
		       result == -PF_EIO || result == -PF_ESRCH || result == -PF_EOVERFLOW;
	case PF_OP_EXEC:
		return result == -PF_ENOEXEC || result == -PF_ELIBBAD || result == -PF_ETXTBSY;
	case PF_OP_PATHS:
		return result == -PF_ENOTEMPTY || result == -PF_EISDIR || result == -PF_EBUSY;
	default:
		return false;
	}
}

/*
 * At the return: whether its entry was seen. What failed may have been refused before its entry. A function of
 * its own: with the event that it may send, the stack of this program would be too large.
 */
static __noinline int pf_came_back(struct pf_call *call)
{
	u32 last = call->member->call;

	call->member->call = 0;
	if (!(call->slot->flags & PF_SLOT_SYSCALLS) || last == PF_CALL_EXEC ||
	    call->number > 0x3ff || (call->result < 0 && call->result > -4096) ||
	    last == pf_call_of(call->abi, call->number))
		return 0;
	pf_mark_syscall(call->task, call->member, call->slot, call->abi, call->number);
	return 0;
}

static __always_inline int pf_call_returned(struct task_struct *task, struct pf_task *member,
					    struct pt_regs *regs, long result)
{
	struct pf_call call = {.task = task, .member = member, .regs = regs};
	const struct pf_sysop *op;
	u32 address_length;
	bool denied;
	s32 index;

	call.slot = pf_slot_at(call.member->slot);
	if (!call.slot)
		return 0;
	call.number = (u32)pf_syscall_number(regs);
	call.abi = pf_abi_of(task, call.number);
	call.number &= ~0x40000000U;
	call.result = call.abi == PF_ABI_COMPAT ? (s64)(s32)result : result;
	pf_came_back(&call);
	op = pf_sysop_of(call.abi, call.number);
	if (!op)
		return 0;
#if defined(__TARGET_ARCH_x86)
	if (call.abi == PF_ABI_COMPAT && call.number == PF_NR_X86_socketcall)
		op = pf_demultiplexed(&call, op);
#endif
	denied = call.result == -PF_EPERM || call.result == -PF_EACCES ||
		 (call.slot->filter_errno && call.result == -(s64)call.slot->filter_errno);
	if (denied ? !(call.slot->flags & PF_SLOT_DENIALS) :
		     op->kind == PF_OP_NONE || !(call.slot->flags & PF_SLOT_OBSERVE))
		return 0;
	if (!denied && call.result < 0 && call.result > -4096 && !pf_permitted(op, call.result))
		return 0;
	if (!denied && op->kind == PF_OP_PEER && pf_argument(regs, call.abi, 1) != PF_TIOCGPTPEER)
		return 0; /* nearly every ioctl */
	if (!denied && op->kind == PF_OP_ACCEPT) {
		pf_accepted(&call);
		return 0;
	}
	if (!denied && (op->kind == PF_OP_MMAP || op->kind == PF_OP_MPROTECT) &&
	    !(pf_argument(regs, call.abi, 2) & PF_PROT_EXEC))
		return 0; /* most of them: not worth a buffer */
	if (!denied && (op->kind == PF_OP_SEND || op->kind == PF_OP_SEND_MESSAGE) &&
	    !pf_datagram_address(&call, op, &address_length))
		return 0; /* most of them: to the peer of the socket */
	index = pf_scratch_claim();
	call.scratch = index < 0 ? 0 : pf_scratch_at(index);
	if (!call.scratch) {
		PF_COUNT(no_scratch);
		PF_COUNT(lost[denied ? PF_COUNT_DENIAL : PF_COUNT_FILE]);
		return 0;
	}
	call.index = index;
	pf_report(&call, op, denied);
	pf_scratch_release(index);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(pf_sys_exit, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pf_task *member = pf_member(task);

	/* Every syscall of the machine passes here: nothing is done for an outsider before this. */
	if (!member)
		return 0;
	pf_hold();
	pf_call_returned(task, member, regs, result);
	pf_let_go();
	return 0;
}

#define PF_SIGSYS 31
#define PF_SYS_SECCOMP 1

/*
 * signal_generate   a filter that kills leaves no sys_exit: its SIGSYS carries the syscall. Attached
 *                   while a slot has such a filter.
 */
SEC("tp_btf/signal_generate")
int BPF_PROG(pf_killed, int signal, struct kernel_siginfo *info, struct task_struct *task,
	     int group, int result)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct pf_call call = {.task = current};
	struct pf_file_event *event;
	s32 index;

	if (signal != PF_SIGSYS || (u64)info < 3 || BPF_CORE_READ(info, si_code) != PF_SYS_SECCOMP)
		return 0;
	call.member = pf_member(current);
	if (!call.member)
		return 0;
	call.slot = pf_slot_at(call.member->slot);
	if (!call.slot || !(call.slot->flags & PF_SLOT_DENIALS))
		return 0;
	index = pf_scratch_claim();
	call.scratch = index < 0 ? 0 : pf_scratch_at(index);
	if (!call.scratch) {
		PF_COUNT(no_scratch);
		PF_COUNT(lost[PF_COUNT_DENIAL]);
		return 0;
	}
	event = &call.scratch->event.file;
	__builtin_memset(event, 0, sizeof(*event));
	event->syscall = (u32)BPF_CORE_READ(info, _sifields._sigsys._syscall) & 0xffff;
	event->abi = pf_abi_of(current, (u64)BPF_CORE_READ(info, _sifields._sigsys._syscall));
	if (pf_first(&event->header, call.member->slot,
		     PF_WHAT(PF_EVENT_DENIAL, event->syscall << 8 | 0xff), event->abi, 0,
		     PF_COUNT_DENIAL) == PF_NEW) {
		pf_fill(&event->header, PF_EVENT_DENIAL, sizeof(*event), call.slot, call.member,
			current, -PF_EPERM);
		event->header.flags |= PF_FLAG_KILLED;
		pf_send(&pf_security, &event->header, sizeof(*event), PF_COUNT_DENIAL);
	}
	pf_scratch_release(index);
	return 0;
}
