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
};

/* Appends the name of an entry, ended by NUL; what is in the way of it is told in walk_flags. */
static __always_inline bool pf_walk_name(struct pf_scratch *scratch, struct dentry *dentry)
{
	const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);
	u32 length = BPF_CORE_READ(dentry, d_name.len), offset = scratch->offset;

	if (length >= PF_NAME || offset >= PF_DATA / 2) {
		scratch->walk_flags |= PF_PATH_TRUNCATED;
		return false;
	}
	if (bpf_probe_read_kernel(&scratch->data[offset & (PF_DATA - 1)], length & (PF_NAME - 1),
				  name)) {
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
	struct dentry *dentry, *parent, *mount_root;
	struct vfsmount *mount;

	if (!scratch)
		return 1;
	dentry = scratch->dentry;
	mount = scratch->mount;
	if (dentry == scratch->root_dentry && mount == scratch->root_mount) {
		scratch->walk_flags |= PF_PATH_WALKED;
		return 1;
	}
	mount_root = BPF_CORE_READ(mount, mnt_root);
	if (dentry == mount_root) {
		struct mount *inner = pf_mount_of(mount);
		struct mount *outer = BPF_CORE_READ(inner, mnt_parent);

		/* The same root directory seen through another mount namespace is still the container's,
		 * also where it is itself mounted over an initial root. */
		if (dentry == scratch->root_dentry &&
		    pf_other_namespace(inner, scratch->root_mount)) {
			scratch->walk_flags |= PF_PATH_WALKED;
			return 1;
		}
		if (outer == inner) {
			/* Top of a tree that is not the slot's root. */
			scratch->walk_flags |= PF_PATH_WALKED;
			if (scratch->root_dentry && dentry != scratch->root_dentry)
				scratch->walk_flags |= PF_PATH_FOREIGN_ROOT;
			return 1;
		}
		scratch->dentry = BPF_CORE_READ(inner, mnt_mountpoint);
		scratch->mount = (struct vfsmount *)((char *)outer +
						     bpf_core_field_offset(struct mount, mnt));
		return 0;
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry) {
		/* A root without its mount: detached tree. */
		scratch->walk_flags |= PF_PATH_WALKED | PF_PATH_FOREIGN_ROOT;
		return 1;
	}
	if (!pf_walk_name(scratch, dentry))
		return 1;
	scratch->dentry = parent;
	return 0;
}

/*
 * Appends the walk from (mount, dentry) to scratch->data and describes it in *out. root_* 0: walk to
 * the top of the mount tree. A path that a rename or mount overtook twice is marked raced.
 */
static __always_inline void pf_walk(u32 index, struct pf_scratch *scratch, struct vfsmount *mount,
				    struct dentry *dentry, const struct pf_slot *slot,
				    struct pf_path *out)
{
	struct pf_walk_context context = {.scratch = index};
	u32 start = scratch->offset;

#pragma unroll
	for (int attempt = 0; attempt < 2; attempt++) {
		u32 renames = pf_sequence_of(&rename_lock), mounts = pf_sequence_of(&mount_lock);

		scratch->offset = start;
		scratch->walk_flags = 0;
		scratch->dentry = dentry;
		scratch->mount = mount;
		scratch->root_dentry = (struct dentry *)slot->root_dentry;
		scratch->root_mount = (struct vfsmount *)slot->root_mount;
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

/*
 * After chroot a name, a link or `..` leads elsewhere than from the slot's root: the task's own root,
 * as a path from there, goes along with the arguments. It is marked where it does not lead there.
 */
static __always_inline void pf_walk_changed_root(u32 index, struct pf_scratch *scratch,
						 struct task_struct *task, struct pf_slot *slot,
						 struct pf_path *out)
{
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct dentry *root = BPF_CORE_READ(fs, root.dentry);

	if (!slot->root_dentry || (u64)root == slot->root_dentry)
		return;
	if (scratch->offset < PF_DATA / 2)
		pf_walk(index, scratch, BPF_CORE_READ(fs, root.mnt), root, slot, out);
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

/* Path of an open file, with what its inode tells: deleted, never named, not a file at all. */
static __always_inline void pf_walk_file(u32 index, struct pf_scratch *scratch, struct file *file,
					 const struct pf_slot *slot, struct pf_path *out)
{
	struct vfsmount *mount = BPF_CORE_READ(file, f_path.mnt);
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	u32 links = BPF_CORE_READ(inode, i_nlink), start = scratch->offset;

	pf_walk(index, scratch, mount, dentry, slot, out);
	if (!links)
		out->flags |= PF_PATH_DELETED;
	if (pf_is_unnamed(dentry))
		out->flags |= PF_PATH_UNNAMED;
	if (BPF_CORE_READ(mount, mnt_flags) & PF_MNT_INTERNAL) {
		out->flags |= links ? PF_PATH_NAMELESS : PF_PATH_FILELESS;
		/* A memfd is the top of its own tree: `memfd:` and what its maker called it. */
		if (!links && !out->walked && pf_walk_name(scratch, dentry))
			out->walked = scratch->offset - start;
	}
	if (BPF_CORE_READ(inode, i_sb, s_flags) & PF_SB_NOUSER)
		out->flags |= PF_PATH_NAMELESS;
}

#endif
