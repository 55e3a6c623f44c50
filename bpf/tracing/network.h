/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * cgroup/connect4, connect6   outgoing connections, TCP and connected UDP, on the kernel's copy of
 *                             the address: nothing to flip under us. MSG_FASTOPEN and io_uring too.
 * cgroup/sendmsg4, sendmsg6   datagrams without connect.
 * cgroup/bind4, bind6         local addresses.
 * inet_sock_set_state         listen.
 * Gap: raw and packet sockets, netlink, vsock and SCTP's multi-homing calls do not pass here.
 */
#define PF_TCP_LISTEN 10
#define PF_EGRESS 0
#define PF_INGRESS 1

struct pf_match {
	struct pf_socket_event *event;
	void *rules;
	u32 direction;
	u32 rule;
	u32 count;
	bool found;
};

static long pf_match_rule(u32 i, void *data)
{
	struct pf_match *match = data;
	struct pf_network_rule *rule;
	u32 key = i + 1;

	if (i >= match->count)
		return 1;
	rule = bpf_map_lookup_elem(match->rules, &key);
	if (!rule)
		return 1;
	if (rule->direction != match->direction || rule->protocol != match->event->protocol ||
	    match->event->port < rule->port_low || match->event->port > rule->port_high)
		return 0;
	if (rule->family) {
		const u64 *address = (const u64 *)match->event->address;
		const u64 *want = (const u64 *)rule->address, *mask = (const u64 *)rule->prefix;

		if (rule->family != match->event->family || ((address[0] ^ want[0]) & mask[0]) ||
		    ((address[1] ^ want[1]) & mask[1]))
			return 0;
	}
	match->rule = rule->rule;
	match->found = true;
	return 1;
}

enum pf_verdict {
	PF_ALLOW = 0,
	PF_DENY = 1,
};

/*
 * A table goes after the slots that had it lead to another, and whoever removes it waits for the programs that run:
 * one that finds nothing under its number finds the other at the second look.
 */
static __always_inline void *pf_network_rules(struct pf_slot *slot, u32 *table)
{
	void *rules;

	*table = *(volatile u32 *)&slot->network;
	rules = bpf_map_lookup_elem(&pf_network, table);
	if (rules)
		return rules;
	*table = *(volatile u32 *)&slot->network;
	return bpf_map_lookup_elem(&pf_network, table);
}

static __always_inline enum pf_verdict
pf_judge_network(struct pf_slot *slot, struct pf_socket_event *event, u32 direction)
{
	u32 zero = 0, table;
	void *rules = pf_network_rules(slot, &table);
	struct pf_match match = {.event = event, .rules = rules, .direction = direction};
	struct pf_network_rule *head;

	if (!rules)
		return table ? PF_DENY : PF_ALLOW;
	head = bpf_map_lookup_elem(rules, &zero);
	if (!head || !(direction == PF_EGRESS ? head->has_egress : head->has_ingress))
		return PF_ALLOW;
	match.count = head->rule;
	bpf_loop(PF_NETWORK_RULES, pf_match_rule, &match, 0);
	event->header.rule = match.rule;
	return match.found ? PF_ALLOW : PF_DENY;
}

/* Set before load by user space: whether this kernel gives programs at cgroups the storage of tasks (6.12 does
 * not, 6.18 does). Without it whoever is in the slot's cgroup counts: a runtime's init too, and a member that
 * was moved away does not. */
const volatile bool pf_storage_at_cgroups = true;

/* The verdict is made first; the mode is one bit, here only, that makes it the return value. */
static __always_inline int pf_conclude_address(struct pf_task *member, struct pf_slot *slot,
					       struct task_struct *task,
					       struct pf_socket_event *event,
					       enum pf_verdict verdict)
{
	bool enforce = slot->flags & PF_SLOT_ENFORCE, denied = verdict == PF_DENY;
	u32 rule = event->header.rule, class = denied ? PF_COUNT_DENIAL : PF_COUNT_SOCKET;
	u64 *address = (u64 *)event->address;

	if (!denied && !(slot->flags & PF_SLOT_OBSERVE))
		return 1;
	if (pf_first(&event->header, member->slot,
		     PF_WHAT(denied ? PF_EVENT_DENIAL : PF_EVENT_SOCKET,
			     event->op | event->protocol << 8 | (denied ? 1 << 20 : 0)),
		     address[0] ^ ((u64)event->port << 48), address[1] ^ event->family,
		     class) == PF_NEW) {
		pf_fill(&event->header, PF_EVENT_SOCKET, sizeof(*event), slot, member, task,
			denied && enforce ? -PF_EPERM : 0);
		event->header.rule = rule;
		event->header.flags = !denied ? 0 : enforce ? PF_FLAG_DENIED : PF_FLAG_WOULD_DENY;
		if (denied)
			pf_send(&pf_security, &event->header, sizeof(*event), class);
		else
			pf_send(&pf_telemetry, &event->header, sizeof(*event), class);
	}
	return denied && enforce ? 0 : 1;
}

/* v4-mapped IPv6 addresses are judged as IPv4: there is one rule for a destination, not two. */
static __always_inline void pf_unmap(struct pf_socket_event *event)
{
	u32 *word = (u32 *)event->address;

	if (event->family == PF_AF_INET6 && !word[0] && !word[1] && word[2] == bpf_htonl(0xffff)) {
		event->family = PF_AF_INET;
		word[0] = word[3];
		word[2] = word[3] = 0;
	}
}

#define PF_CGROUP_LEVELS 16

/*
 * Slot of the nearest ancestor cgroup that has one. These programs outlive the agent together with
 * the cgroup; tasks born after its death have no storage and are found this way.
 */
static __always_inline u32 pf_slot_of_ancestors(struct task_struct *task)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);

	for (int level = 0; level < PF_CGROUP_LEVELS && cgroup; level++) {
		u32 slot = pf_slot_of_cgroup(BPF_CORE_READ(cgroup, kn, id));
		struct cgroup_subsys_state *parent;

		if (slot)
			return slot;
		parent = BPF_CORE_READ(cgroup, self.parent);
		cgroup = parent ? BPF_CORE_READ(parent, cgroup) : 0;
	}
	return 0;
}

#define PF_IPPROTO_TCP 6
#define PF_IPPROTO_MPTCP 262

/* MPTCP is TCP on the wire, with more paths: one rule for both, or a program escapes its TCP rules. */
static __always_inline u16 pf_protocol(u32 protocol)
{
	return protocol == PF_IPPROTO_MPTCP ? PF_IPPROTO_TCP : protocol;
}

static __always_inline int pf_address(struct bpf_sock_addr *context, u32 op, u32 family)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pf_task *member = pf_storage_at_cgroups ? pf_task_of(task) : 0, orphan = {};
	struct pf_socket_event event = {.op = op, .family = family};
	struct pf_slot *slot;
	u32 direction = op == PF_SOCKET_BIND ? PF_INGRESS : PF_EGRESS;
	enum pf_verdict verdict = PF_ALLOW;

	if (!member) {
		orphan.slot = pf_slot_of_ancestors(task);
		orphan.state = PF_TASK_MEMBER;
		member = &orphan;
	}
	if (!member->slot || member->state != PF_TASK_MEMBER)
		return 1;
	slot = pf_slot_at(member->slot);
	if (!slot || !(slot->flags & (PF_SLOT_OBSERVE | PF_SLOT_NETWORK)))
		return 1;
	if (family == PF_AF_INET) {
		*(u32 *)event.address = context->user_ip4;
	} else {
		((u32 *)event.address)[0] = context->user_ip6[0];
		((u32 *)event.address)[1] = context->user_ip6[1];
		((u32 *)event.address)[2] = context->user_ip6[2];
		((u32 *)event.address)[3] = context->user_ip6[3];
	}
	event.port = bpf_ntohs((u16)context->user_port);
	event.protocol = pf_protocol(context->protocol);
	event.type = context->type;
	pf_unmap(&event);
	if (slot->flags & PF_SLOT_NETWORK)
		verdict = pf_judge_network(slot, &event, direction);
	return pf_conclude_address(member, slot, task, &event, verdict);
}

SEC("cgroup/connect4")
int pf_connect4(struct bpf_sock_addr *context)
{
	return pf_address(context, PF_SOCKET_CONNECT, PF_AF_INET);
}

SEC("cgroup/connect6")
int pf_connect6(struct bpf_sock_addr *context)
{
	return pf_address(context, PF_SOCKET_CONNECT, PF_AF_INET6);
}

SEC("cgroup/sendmsg4")
int pf_sendmsg4(struct bpf_sock_addr *context)
{
	return pf_address(context, PF_SOCKET_SEND, PF_AF_INET);
}

SEC("cgroup/sendmsg6")
int pf_sendmsg6(struct bpf_sock_addr *context)
{
	return pf_address(context, PF_SOCKET_SEND, PF_AF_INET6);
}

SEC("cgroup/bind4")
int pf_bind4(struct bpf_sock_addr *context)
{
	return pf_address(context, PF_SOCKET_BIND, PF_AF_INET);
}

SEC("cgroup/bind6")
int pf_bind6(struct bpf_sock_addr *context)
{
	return pf_address(context, PF_SOCKET_BIND, PF_AF_INET6);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(pf_listen, const struct sock *sock, int old_state, int new_state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pf_socket_event event = {.op = PF_SOCKET_LISTEN};
	struct pf_task *member;
	struct pf_slot *slot;
	u64 *address = (u64 *)event.address;

	if (new_state != PF_TCP_LISTEN)
		return 0;
	member = pf_member(task);
	if (!member)
		return 0;
	slot = pf_slot_at(member->slot);
	if (!slot || !(slot->flags & PF_SLOT_OBSERVE))
		return 0;
	event.family = BPF_CORE_READ(sock, __sk_common.skc_family);
	if (event.family == PF_AF_INET)
		BPF_CORE_READ_INTO((u32 *)event.address, sock, __sk_common.skc_rcv_saddr);
	else
		bpf_core_read(event.address, 16, &sock->__sk_common.skc_v6_rcv_saddr);
	event.port = BPF_CORE_READ(sock, __sk_common.skc_num);
	event.protocol = pf_protocol(BPF_CORE_READ(sock, sk_protocol));
	event.type = BPF_CORE_READ(sock, sk_type);
	if (pf_first(&event.header, member->slot,
		     PF_WHAT(PF_EVENT_SOCKET, PF_SOCKET_LISTEN | event.protocol << 8),
		     address[0] ^ ((u64)event.port << 48), address[1] ^ event.family,
		     PF_COUNT_SOCKET) == PF_REPEATED)
		return 0;
	pf_fill(&event.header, PF_EVENT_SOCKET, sizeof(event), slot, member, task, 0);
	pf_send(&pf_telemetry, &event.header, sizeof(event), PF_COUNT_SOCKET);
	return 0;
}
