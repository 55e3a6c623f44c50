// SPDX-License-Identifier: Apache-2.0
// What the kernel holds besides our own objects: for `status` and for proving that nothing is left.
#include "addon.h"

#include <unistd.h>

#include <cerrno>

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

} // namespace

void DefineSystem(Napi::Env env, Napi::Object exports)
{
	exports.Set("programs", Napi::Function::New<Programs>(env, "programs"));
	exports.Set("links", Napi::Function::New<Links>(env, "links"));
	exports.Set("cpus", Napi::Number::New(env, libbpf_num_possible_cpus()));
}

} // namespace pinfold
