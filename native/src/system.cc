// SPDX-License-Identifier: Apache-2.0
// What the kernel holds besides our own objects: for `status` and for proving that nothing is left.
#include "addon.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

namespace pinfold {

namespace {

// programs(): [{id, name, type}] of every program that the kernel has loaded
Napi::Value Programs(const Napi::CallbackInfo &info)
{
	auto list = Napi::Array::New(info.Env());
	uint32_t id = 0, count = 0;
	while (!bpf_prog_get_next_id(id, &id)) {
		int fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0)
			continue; // gone meanwhile
		bpf_prog_info data = {};
		uint32_t size = sizeof(data);
		if (!bpf_obj_get_info_by_fd(fd, &data, &size)) {
			auto entry = Napi::Object::New(info.Env());
			entry.Set("id", data.id);
			entry.Set("name", static_cast<const char *>(data.name));
			entry.Set("type", data.type);
			list.Set(count++, entry);
		}
		close(fd);
	}
	return list;
}

// links(): [{id, programId}] of every link in the kernel
Napi::Value Links(const Napi::CallbackInfo &info)
{
	auto list = Napi::Array::New(info.Env());
	uint32_t id = 0, count = 0;
	while (!bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id);
		if (fd < 0)
			continue;
		bpf_link_info data = {};
		uint32_t size = sizeof(data);
		if (!bpf_obj_get_info_by_fd(fd, &data, &size)) {
			auto entry = Napi::Object::New(info.Env());
			entry.Set("id", data.id);
			entry.Set("programId", data.prog_id);
			list.Set(count++, entry);
		}
		close(fd);
	}
	return list;
}

// pinnedLink(path): {id, programId, recursionMisses} of a pinned link
Napi::Value PinnedLink(const Napi::CallbackInfo &info)
{
	std::string path = info[0].As<Napi::String>().Utf8Value();
	bpf_link_info link = {};
	bpf_prog_info program = {};
	uint32_t size = sizeof(link);
	int fd = bpf_obj_get(path.c_str()), program_fd = -1;
	int error = fd < 0 || bpf_obj_get_info_by_fd(fd, &link, &size) ? errno : 0;
	if (!error) {
		size = sizeof(program);
		program_fd = bpf_prog_get_fd_by_id(link.prog_id);
		error = program_fd < 0 || bpf_obj_get_info_by_fd(program_fd, &program, &size) ?
				errno :
				0;
	}
	if (program_fd >= 0)
		close(program_fd);
	if (fd >= 0)
		close(fd);
	if (error) {
		ThrowErrno(info.Env(), "read " + path, error);
		return info.Env().Undefined();
	}
	auto result = Napi::Object::New(info.Env());
	result.Set("id", link.id);
	result.Set("programId", link.prog_id);
	result.Set("recursionMisses",
		   Napi::BigInt::New(info.Env(), uint64_t{program.recursion_misses}));
	return result;
}

// storageAtCgroups(): whether programs at the hooks for addresses may use task storage. The call lacks its
// arguments, so it is refused in any case: as such (EINVAL), or for them (EACCES).
Napi::Value StorageAtCgroups(const Napi::CallbackInfo &info)
{
	const bpf_insn instructions[] = {
		{.code = BPF_JMP | BPF_CALL,
		 .dst_reg = 0,
		 .src_reg = 0,
		 .off = 0,
		 .imm = BPF_FUNC_task_storage_get},
		{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_CGROUP_INET4_CONNECT);
	int fd = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "pf_probe", "GPL", instructions, 2,
			       &options);
	int error = fd < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	if (error != EINVAL && error != EACCES)
		ThrowErrno(info.Env(), "probe bpf_task_storage_get", error);
	return Napi::Boolean::New(info.Env(), error == EACCES);
}

// probeLsm(hook): 0, or the errno with which this kernel refuses an empty program at that LSM hook
Napi::Value ProbeLsm(const Napi::CallbackInfo &info)
{
	LogCapture log;
	int type = libbpf_find_vmlinux_btf_id(info[0].As<Napi::String>().Utf8Value().c_str(),
					      BPF_LSM_MAC);
	if (type < 0)
		return Napi::Number::New(info.Env(), -type);
	const bpf_insn instructions[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K,
		 .dst_reg = 0,
		 .src_reg = 0,
		 .off = 0,
		 .imm = 0},
		{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_LSM_MAC,
		    .attach_btf_id = static_cast<uint32_t>(type));
	int fd = bpf_prog_load(BPF_PROG_TYPE_LSM, "pf_probe", "GPL", instructions, 2, &options);
	int error = fd < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return Napi::Number::New(info.Env(), error);
}

// An open cgroup directory, closed with its scope.
class Directory {
      public:
	explicit Directory(const std::string &path)
	    : fd_(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
	{
	}
	~Directory()
	{
		if (fd_ >= 0)
			close(fd_);
	}
	Directory(const Directory &) = delete;
	Directory &operator=(const Directory &) = delete;
	int fd() const { return fd_; }

      private:
	int fd_;
};

constexpr bpf_attach_type kAddressHooks[] = {
	BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_INET6_CONNECT, BPF_CGROUP_UDP4_SENDMSG,
	BPF_CGROUP_UDP6_SENDMSG,  BPF_CGROUP_INET4_BIND,    BPF_CGROUP_INET6_BIND,
};

std::string ProgramName(uint32_t id)
{
	int fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0)
		return {};
	bpf_prog_info data = {};
	uint32_t size = sizeof(data);
	bool known = !bpf_obj_get_info_by_fd(fd, &data, &size);
	close(fd);
	return known ? data.name : "";
}

// cgroupPrograms(directory): [{id, name, attachType}] of what is attached there for addresses
Napi::Value CgroupPrograms(const Napi::CallbackInfo &info)
{
	std::string path = info[0].As<Napi::String>().Utf8Value();
	Directory directory(path);
	if (directory.fd() < 0) {
		ThrowErrno(info.Env(), "open " + path, errno);
		return info.Env().Undefined();
	}
	auto list = Napi::Array::New(info.Env());
	uint32_t count = 0;
	for (bpf_attach_type type : kAddressHooks) {
		std::vector<uint32_t> ids(
			64); // the kernel takes at most so many for one cgroup and hook
		uint32_t found = ids.size();
		if (bpf_prog_query(directory.fd(), type, 0, nullptr, ids.data(), &found)) {
			ThrowErrno(info.Env(), "query " + path, errno);
			return info.Env().Undefined();
		}
		for (uint32_t i = 0; i < found; i++) {
			auto entry = Napi::Object::New(info.Env());
			entry.Set("id", ids[i]);
			entry.Set("name", ProgramName(ids[i]));
			entry.Set("attachType", static_cast<uint32_t>(type));
			list.Set(count++, entry);
		}
	}
	return list;
}

// detachCgroup(directory, program id, attach type): whether it was attached there other than by a link
Napi::Value DetachCgroup(const Napi::CallbackInfo &info)
{
	std::string path = info[0].As<Napi::String>().Utf8Value();
	Directory directory(path);
	int program = bpf_prog_get_fd_by_id(info[1].ToNumber().Uint32Value());
	if (directory.fd() < 0 || program < 0) {
		int error = errno;
		if (program >= 0)
			close(program);
		if (error != ENOENT)
			ThrowErrno(info.Env(), "detach from " + path, error);
		return Napi::Boolean::New(info.Env(), false);
	}
	auto type = static_cast<bpf_attach_type>(info[2].ToNumber().Uint32Value());
	int error = bpf_prog_detach2(program, directory.fd(), type) ? errno : 0;
	close(program);
	if (error && error != ENOENT)
		ThrowErrno(info.Env(), "detach from " + path, error);
	return Napi::Boolean::New(info.Env(), !error);
}

} // namespace

void DefineSystem(Napi::Env env, Napi::Object exports)
{
	exports.Set("programs", Napi::Function::New<Programs>(env, "programs"));
	exports.Set("links", Napi::Function::New<Links>(env, "links"));
	exports.Set("pinnedLink", Napi::Function::New<PinnedLink>(env, "pinnedLink"));
	exports.Set("storageAtCgroups",
		    Napi::Function::New<StorageAtCgroups>(env, "storageAtCgroups"));
	exports.Set("probeLsm", Napi::Function::New<ProbeLsm>(env, "probeLsm"));
	exports.Set("cgroupPrograms", Napi::Function::New<CgroupPrograms>(env, "cgroupPrograms"));
	exports.Set("detachCgroup", Napi::Function::New<DetachCgroup>(env, "detachCgroup"));
	exports.Set("cpus", Napi::Number::New(env, libbpf_num_possible_cpus()));
}

} // namespace pinfold
