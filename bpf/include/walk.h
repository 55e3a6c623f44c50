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

/* Appends the name of an entry, ended by NUL; what is in the way of it is told in walk_flags. */
static __always_inline bool pf_walk_name(struct pf_scratch *scratch, const unsigned char *name,
					 u32 length)
{
	u32 offset = scratch->offset;

	if (length >= PF_NAME || offset >= PF_DATA / 2) {
		scratch->walk_flags |= PF_PATH_TRUNCATED;
		return false;
	}
	/* Keeps the masks, which the verifier of 6.1 needs to see. */
	asm volatile("" : "+r"(length), "+r"(offset));
	length &= PF_NAME - 1;
	offset &= PF_DATA - 1;
	if (bpf_probe_read_kernel(&scratch->data[offset], length, name)) {
		scratch->walk_flags |= PF_PATH_UNREADABLE;
		return false;
	}
	offset = (offset + length) & (PF_DATA - 1);
	scratch->data[offset] = 0;
	scratch->offset = offset + 1;
	return true;
}

static long pf_walk_step(u32 level, void *data)
{
	struct pf_walk_context *context = data;
	struct pf_scratch *scratch = pf_scratch_at(context->scratch);
	struct pf_dentry_head head;
	struct pf_component *component;
	struct dentry *dentry;
	u32 offset;

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
	offset = scratch->offset;
	if (!pf_walk_name(scratch, head.name, head.length))
		return 1;
	component = &scratch->component[scratch->components & (PF_WALK_LEVELS - 1)];
	component->offset = offset;
	component->length = head.length;
	scratch->components++;
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

/*
 * After chroot a name, a link or `..` leads elsewhere than from the slot's root: the task's own root,
 * as a path from there, goes along with the arguments. It is marked where it does not lead there.
 */
static __always_inline void pf_walk_changed_root(u32 index, struct pf_scratch *scratch,
						 struct task_struct *task, struct pf_path *out)
{
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct dentry *root = BPF_CORE_READ(fs, root.dentry);

	if (!scratch->root_dentry || root == scratch->root_dentry)
		return;
	if (scratch->offset < PF_DATA / 2)
		pf_walk(index, scratch, BPF_CORE_READ(fs, root.mnt), root, out);
	else
		out->flags = PF_PATH_PRESENT | PF_PATH_TRUNCATED;
}

/* O_TMPFILE: an entry that no directory holds, called `#` and the number of its inode (d_mark_tmpfile). */
static __always_inline bool pf_is_unnamed(struct dentry *dentry)
{
	char first = 0;

	if (BPF_CORE_READ(dentry, d_hash.pprev))
		return false;
	bpf_probe_read_kernel(&first, sizeof(first), BPF_CORE_READ(dentry, d_name.name));
	return first == '#';
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

/*
 * The path by which a program knows a file. What is mapped from an overlay is the file below it, whose own path
 * is in a mount of the overlay's: that has the other one beside it since 6.7, and is opened by it before.
 */
static __always_inline struct path pf_user_path(struct file *file)
{
	struct path path = {.mnt = BPF_CORE_READ(file, f_path.mnt),
			    .dentry = BPF_CORE_READ(file, f_path.dentry)};
	struct backing_file *backing;

	if (!(BPF_CORE_READ(file, f_mode) & PF_FMODE_BACKING) ||
	    !bpf_core_field_exists(struct backing_file, user_path))
		return path;
	backing = (struct backing_file *)((char *)file -
					  bpf_core_field_offset(struct backing_file, file));
	path.mnt = BPF_CORE_READ(backing, user_path.mnt);
	path.dentry = BPF_CORE_READ(backing, user_path.dentry);
	return path;
}

static __always_inline void pf_walk_file(u32 index, struct pf_scratch *scratch, struct file *file,
					 struct pf_path *out)
{
	struct path path = pf_user_path(file);
	u32 start = scratch->offset;

	pf_walk(index, scratch, path.mnt, path.dentry, out);
	out->flags |= pf_file_flags(file, path.mnt);
	if (pf_is_unnamed(path.dentry))
		out->flags |= PF_PATH_UNNAMED;
	/* A memfd is the top of its own tree: `memfd:` and what its maker called it. */
	if ((out->flags & PF_PATH_FILELESS) && !out->walked &&
	    pf_walk_name(scratch, BPF_CORE_READ(path.dentry, d_name.name),
			 BPF_CORE_READ(path.dentry, d_name.len)))
		out->walked = scratch->offset - start;
}

/* Whether two files are the same to a program: one may be the other's below an overlay. */
static __always_inline bool pf_same_file(struct file *a, struct file *b)
{
	struct path first, second;

	if (a == b)
		return true;
	first = pf_user_path(a);
	second = pf_user_path(b);
	return first.mnt == second.mnt && first.dentry == second.dentry;
}

#endif
