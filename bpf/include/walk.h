/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Path of an object: from its dentry up to the slot's root, over mounts, without trusting anything
 * the caller said. Not bpf_d_path: that is relative to the task's root (a chroot would make
 * /jail/usr/sbin/nginx read as /usr/sbin/nginx) and is refused in many places.
 *
 * The names land in scratch->data, last component first, each ended by NUL. The cursor lives in map
 * memory: kept on the stack it makes newer verifiers explore every level separately.
 */
#ifndef PINFOLD_WALK_H
#define PINFOLD_WALK_H

/* Filesystem-internal mounts (pipefs, sockfs, anon_inodefs, memfd's shm) are never visible. */
#define PF_SB_NOUSER (1UL << 31)
#define PF_MNT_INTERNAL 0x4000

/* Written on every rename and mount. Data symbols: absent where kallsyms has only functions. */
extern const void rename_lock __ksym __weak;
extern const void mount_lock __ksym __weak;

static __always_inline u32 pf_sequence_of(const void *lock)
{
	u32 sequence = 0;

	if (lock)
		bpf_probe_read_kernel(&sequence, sizeof(sequence), lock);
	return sequence;
}

static __always_inline struct mount *pf_mount_of(struct vfsmount *mount)
{
	return (struct mount *)((char *)mount - bpf_core_field_offset(struct mount, mnt));
}

static __always_inline bool pf_other_namespace(struct mount *mount, struct vfsmount *root)
{
	struct mount *other = pf_mount_of(root);

	return BPF_CORE_READ(mount, mnt_ns) != BPF_CORE_READ(other, mnt_ns);
}

struct pf_walk_context {
	u32 scratch;
	bool strict;
};

/* A dentry's parent and name: one read where they lie side by side, as on every kernel so far. */
struct pf_dentry_head {
	struct dentry *parent;
	u32 hash; /* salted by the parent: of no use */
	u32 length;
	const unsigned char *name;
};

static __always_inline long pf_read_dentry(struct dentry *dentry, struct pf_dentry_head *head)
{
	u32 parent = bpf_core_field_offset(struct dentry, d_parent);
	u32 name = bpf_core_field_offset(struct dentry, d_name);

	if (name == parent + 8)
		return bpf_probe_read_kernel(head, sizeof(*head), (char *)dentry + parent);
	return bpf_probe_read_kernel(&head->parent, 8, (char *)dentry + parent) ?:
		       bpf_probe_read_kernel(&head->hash, 16, (char *)dentry + name);
}

/* The walk is at the root of a mount: on to where that is mounted, or the end. */
static __always_inline long pf_leave_mount(struct pf_walk_context *context,
					   struct pf_scratch *scratch, struct dentry *dentry)
{
	struct mount *inner = pf_mount_of(scratch->mount);
	struct mount *outer = BPF_CORE_READ(inner, mnt_parent);

	/* The same root directory seen through another mount namespace is still the container's, also where
	 * it is itself mounted over an initial root. Rules are not applied there: a member may have mounted
	 * what it likes over the names. */
	if (!context->strict && dentry == scratch->root_dentry &&
	    pf_other_namespace(inner, scratch->root_mount)) {
		scratch->walk_flags |= PF_PATH_WALKED;
		return 1;
	}
	if (outer == inner) {
		/* Top of a tree that is not the slot's root. One of the kernel's own, such as a layer of an
		 * overlay, is in no namespace (MNT_NS_INTERNAL is an error number). */
		scratch->walk_flags |= PF_PATH_WALKED;
		if ((s64)BPF_CORE_READ(inner, mnt_ns) < 0 &&
		    (s64)BPF_CORE_READ(inner, mnt_ns) >= -4095)
			scratch->walk_flags |= PF_PATH_NAMELESS;
		if (scratch->root_dentry && (context->strict || dentry != scratch->root_dentry))
			scratch->walk_flags |= PF_PATH_FOREIGN_ROOT;
		return 1;
	}
	scratch->dentry = BPF_CORE_READ(inner, mnt_mountpoint);
	scratch->mount =
		(struct vfsmount *)((char *)outer + bpf_core_field_offset(struct mount, mnt));
	scratch->mount_root = BPF_CORE_READ(outer, mnt.mnt_root);
	return 0;
}

static long pf_walk_step(u32 level, void *data)
{
	struct pf_walk_context *context = data;
	struct pf_scratch *scratch = pf_scratch_at(context->scratch);
	struct pf_dentry_head head;
	struct pf_component *component;
	struct dentry *dentry;
	u32 length, offset;

	if (!scratch)
		return 1;
	dentry = scratch->dentry;
	if (dentry == scratch->root_dentry && scratch->mount == scratch->root_mount) {
		scratch->walk_flags |= PF_PATH_WALKED;
		return 1;
	}
	if (dentry == scratch->mount_root)
		return pf_leave_mount(context, scratch, dentry);
	if (pf_read_dentry(dentry, &head)) {
		scratch->walk_flags |= PF_PATH_UNREADABLE;
		return 1;
	}
	if (head.parent == dentry) {
		/* A root without its mount: detached tree. */
		scratch->walk_flags |= PF_PATH_WALKED | PF_PATH_FOREIGN_ROOT;
		return 1;
	}
	length = head.length;
	offset = scratch->offset;
	if (length >= PF_NAME || offset >= PF_DATA / 2) {
		scratch->walk_flags |= PF_PATH_TRUNCATED;
		return 1;
	}
	if (bpf_probe_read_kernel(&scratch->data[offset & (PF_DATA - 1)], length & (PF_NAME - 1),
				  head.name)) {
		scratch->walk_flags |= PF_PATH_UNREADABLE;
		return 1;
	}
	component = &scratch->component[scratch->components & (PF_WALK_LEVELS - 1)];
	component->offset = offset;
	component->length = length;
	scratch->components++;
	offset = (offset + length) & (PF_DATA - 1);
	scratch->data[offset] = 0;
	scratch->offset = offset + 1;
	scratch->dentry = head.parent;
	return 0;
}

/* Empties the buffer for paths that begin at the root of this slot; to the top of the mounts without one. */
static __always_inline void pf_begin(struct pf_scratch *scratch, u32 slot)
{
	struct pf_root *root = pf_root_of(slot);
	bool known = root && root->known;

	scratch->offset = 0;
	scratch->root_dentry = known ? (struct dentry *)root->dentry : 0;
	scratch->root_mount = known ? (struct vfsmount *)root->mount : 0;
}

/*
 * Appends the walk from (mount, dentry) to scratch->data and describes it in *out. A path that a rename
 * or mount overtook twice is marked raced. `strict`: only a walk that passes the slot's very root counts.
 */
static __always_inline void pf_walk_as(u32 index, struct pf_scratch *scratch,
				       struct vfsmount *mount, struct dentry *dentry, bool strict,
				       struct pf_path *out)
{
	struct pf_walk_context context = {.scratch = index, .strict = strict};
	struct dentry *mount_root = BPF_CORE_READ(mount, mnt_root);
	u32 start = scratch->offset;

#pragma unroll
	for (int attempt = 0; attempt < 2; attempt++) {
		u32 renames = pf_sequence_of(&rename_lock), mounts = pf_sequence_of(&mount_lock);

		scratch->offset = start;
		scratch->walk_flags = 0;
		scratch->components = 0;
		scratch->dentry = dentry;
		scratch->mount = mount;
		scratch->mount_root = mount_root;
		bpf_loop(PF_WALK_LEVELS, pf_walk_step, &context, 0);
		if (!(scratch->walk_flags & (PF_PATH_WALKED | PF_PATH_UNREADABLE)))
			scratch->walk_flags |= PF_PATH_TRUNCATED;
		if (renames == pf_sequence_of(&rename_lock) &&
		    mounts == pf_sequence_of(&mount_lock) && !(renames & 1) && !(mounts & 1))
			break;
		if (attempt)
			scratch->walk_flags |= PF_PATH_RACED;
	}
	out->flags = scratch->walk_flags | PF_PATH_PRESENT;
	out->walked = scratch->offset - start;
	out->argument = 0;
}

static __always_inline void pf_walk(u32 index, struct pf_scratch *scratch, struct vfsmount *mount,
				    struct dentry *dentry, struct pf_path *out)
{
	pf_walk_as(index, scratch, mount, dentry, false, out);
}

/* After chroot a name, a link or `..` leads elsewhere than user space would find: not to be guessed. */
static __always_inline bool pf_changed_root(struct task_struct *task, struct pf_scratch *scratch)
{
	return scratch->root_dentry && BPF_CORE_READ(task, fs, root.dentry) != scratch->root_dentry;
}

/* What the inode of an open file tells of its path: deleted, never named, not a file at all. */
static __always_inline u32 pf_file_flags(struct file *file, struct vfsmount *mount)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	u32 links = BPF_CORE_READ(inode, i_nlink), flags = links ? 0 : PF_PATH_DELETED;

	if (BPF_CORE_READ(mount, mnt_flags) & PF_MNT_INTERNAL)
		flags |= links ? PF_PATH_NAMELESS : PF_PATH_FILELESS;
	if (BPF_CORE_READ(inode, i_sb, s_flags) & PF_SB_NOUSER)
		flags |= PF_PATH_NAMELESS;
	return flags;
}

static __always_inline void pf_walk_file(u32 index, struct pf_scratch *scratch, struct file *file,
					 struct pf_path *out)
{
	struct vfsmount *mount = BPF_CORE_READ(file, f_path.mnt);

	pf_walk(index, scratch, mount, BPF_CORE_READ(file, f_path.dentry), out);
	out->flags |= pf_file_flags(file, mount);
}

#endif
