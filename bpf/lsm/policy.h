/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * From a walked path to what the rules of a policy say: the names are hashed and followed from the root to
 * the leaf. A state leads on by an exact name, else by the longest of its prefixes, else by `otherwise`,
 * as src/policy/automaton/walk.ts does.
 */
#ifndef PINFOLD_POLICY_H
#define PINFOLD_POLICY_H

/* Set before load by user space: of struct pf_secret. */
const volatile u64 pf_name_key[34];

union pf_policy_record {
	struct pf_policy_head head;
	struct pf_policy_group group;
	struct pf_policy_state state;
	struct pf_policy_accept accept;
	struct pf_policy_edge edge;
};

static __always_inline union pf_policy_record *pf_record(void *policy, u32 number)
{
	return bpf_map_lookup_elem(policy, &number);
}

/*
 * NH (Black et al., UMAC, 1999), in two lanes by shifted keys: two names of equal length collide in both
 * with a chance of 2^-64, whatever their bytes, as long as the keys are secret.
 */
static __always_inline void pf_hash_word(u64 hash[2], u64 word, u32 at)
{
	u64 key = pf_name_key[at], next = pf_name_key[at + 1];

	hash[0] += (u64)((u32)word + (u32)key) * (u32)((word >> 32) + (key >> 32));
	hash[1] += (u64)((u32)word + (u32)next) * (u32)((word >> 32) + (next >> 32));
}

/* The word holds that many bytes of the name: what follows them is another name's. */
static __always_inline u64 pf_first_bytes(u64 word, u32 bytes)
{
	return word & ((1ULL << ((bytes & 7) * 8)) - 1);
}

static __always_inline u64 pf_name_word(const struct pf_scratch *scratch, u32 offset, u32 word)
{
	return *(const u64 *)&scratch->data[(offset & (PF_DATA - 1)) + (word & 31) * 8];
}

struct pf_name_context {
	u32 scratch;
	u32 offset;
	u32 length;
};

static long pf_hash_long_name(u32 i, void *data)
{
	struct pf_name_context *context = data;
	struct pf_scratch *scratch = pf_scratch_at(context->scratch);
	u64 word;

	if (!scratch)
		return 1;
	i &= 31;
	word = pf_name_word(scratch, context->offset, i);
	if (i == context->length >> 3)
		word = pf_first_bytes(word, context->length);
	pf_hash_word(scratch->hash, word, i);
	return 0;
}

/* Into scratch->hash. Words are read to the last, partial or empty one, but two at least. */
static __always_inline void pf_hash_name(u32 index, struct pf_scratch *scratch, u32 offset,
					 u32 length)
{
	struct pf_name_context context = {.scratch = index, .offset = offset, .length = length};

	scratch->hash[0] = scratch->hash[1] = 0;
	if (length < 16) {
		u64 first = pf_name_word(scratch, offset, 0);
		u64 second = pf_name_word(scratch, offset, 1);

		if (length < 8) {
			first = pf_first_bytes(first, length);
			second = 0;
		} else {
			second = pf_first_bytes(second, length);
		}
		pf_hash_word(scratch->hash, first, 0);
		pf_hash_word(scratch->hash, second, 1);
		return;
	}
	bpf_loop((length >> 3) + 1, pf_hash_long_name, &context, 0);
}

struct pf_track {
	void *policy;
	u32 scratch;
	u32 edges_from;
	u32 edges;
};

/* The edge of that name's hash; src/bpf/policy-table.ts places them. */
static __always_inline struct pf_policy_edge *
pf_edge(const struct pf_track *track, const struct pf_scratch *scratch, u32 state, u32 length)
{
	u64 mixed = scratch->hash[0] ^ (state * 0x9e3779b97f4a7c15ULL);
	u32 place;

	mixed = (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93ULL;
	place = track->edges_from + (u32)((mixed >> 32) * track->edges >> 32);
	for (u32 probe = 0; probe < PF_EDGE_PROBES; probe++) {
		union pf_policy_record *record = pf_record(track->policy, place + probe);

		if (!record || !record->edge.length)
			return 0;
		if (record->edge.hash[0] == scratch->hash[0] && record->edge.state == state &&
		    record->edge.length == length && record->edge.hash[1] == scratch->hash[1])
			return &record->edge;
	}
	return 0;
}

/* Where a name leads for which the state has no edge of its own. */
static __always_inline u32 pf_without_edge(const struct pf_track *track, struct pf_scratch *scratch,
					   u32 number, u32 offset, u32 length)
{
	union pf_policy_record *record = pf_record(track->policy, number);
	u64 whole[2] = {scratch->hash[0], scratch->hash[1]};
	u32 next;

	if (!record) {
		PF_FAILED(-2);
		return PF_STATE_FINAL;
	}
	next = record->state.otherwise;
	if (!record->state.prefix[0])
		return next;
	for (u32 i = 0; i < PF_PREFIXES; i++) {
		u32 prefix = record->state.prefix[i];
		struct pf_policy_edge *edge;

		if (!prefix || prefix > length)
			continue;
		pf_hash_name(track->scratch, scratch, offset, prefix);
		edge = pf_edge(track, scratch, number, prefix | PF_EDGE_PREFIX);
		if (edge) {
			next = edge->next;
			break;
		}
	}
	scratch->hash[0] = whole[0];
	scratch->hash[1] = whole[1];
	return next;
}

static long pf_track_step(u32 i, void *data)
{
	struct pf_track *track = data;
	struct pf_scratch *scratch = pf_scratch_at(track->scratch);
	u32 offset, length;

	if (!scratch || scratch->state[0] & scratch->state[1] & PF_STATE_FINAL)
		return 1;
	i = (scratch->components - 1 - i) & (PF_WALK_LEVELS - 1);
	offset = scratch->component[i].offset;
	length = scratch->component[i].length & (PF_NAME - 1);
	pf_hash_name(track->scratch, scratch, offset, length);
#pragma unroll
	for (u32 group = 0; group < PF_GROUPS; group++) {
		u32 state = scratch->state[group];
		struct pf_policy_edge *edge;

		if (state & PF_STATE_FINAL)
			continue;
		edge = pf_edge(track, scratch, state, length);
		scratch->state[group] =
			edge ? edge->next : pf_without_edge(track, scratch, state, offset, length);
	}
	return 0;
}

/* Follows the walked names through both groups, to scratch->state. */
static __always_inline void pf_track_path(void *policy, const struct pf_policy_head *head,
					  u32 index, struct pf_scratch *scratch)
{
	struct pf_track track = {.policy = policy,
				 .scratch = index,
				 .edges_from = head->edges_from,
				 .edges = head->edges};

#pragma unroll
	for (u32 group = 0; group < PF_GROUPS; group++) {
		union pf_policy_record *record = pf_record(policy, 1 + group);

		scratch->state[group] = record && record->group.present ? record->group.start :
									  PF_STATE_FINAL;
	}
	bpf_loop(scratch->components & (2 * PF_WALK_LEVELS - 1), pf_track_step, &track, 0);
}

#endif
