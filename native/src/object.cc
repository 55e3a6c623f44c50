// SPDX-License-Identifier: Apache-2.0
#include "addon.h"

#include <bpf/btf.h>
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <numeric>
#include <vector>

namespace pinfold {

namespace {

std::string Text(const Napi::CallbackInfo &info, size_t index)
{
	return info[index].IsString() ? info[index].As<Napi::String>().Utf8Value() : std::string();
}

// Values of per-CPU maps come as one value a CPU, each rounded up to 8 bytes.
size_t ValueBytes(const bpf_map *map)
{
	size_t size = bpf_map__value_size(map);
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
		return ((size + 7) & ~size_t{7}) * libbpf_num_possible_cpus();
	default:
		return size;
	}
}

} // namespace

Napi::Function Object::Define(Napi::Env env)
{
	return DefineClass(env, "Object",
			   {
				   InstanceMethod<&Object::SetAutoload>("setAutoload"),
				   InstanceMethod<&Object::SetMaxEntries>("setMaxEntries"),
				   InstanceMethod<&Object::SetVariable>("setVariable"),
				   InstanceMethod<&Object::SetPin>("setPin"),
				   InstanceMethod<&Object::MapShape>("mapShape"),
				   InstanceMethod<&Object::Load>("load"),
				   InstanceMethod<&Object::PinLink>("pinLink"),
				   InstanceMethod<&Object::Attach>("attach"),
				   InstanceMethod<&Object::AttachCgroup>("attachCgroup"),
				   InstanceMethod<&Object::Detach>("detach"),
				   InstanceMethod<&Object::RunIterator>("runIterator"),
				   InstanceMethod<&Object::Lookup>("lookup"),
				   InstanceMethod<&Object::Update>("update"),
				   InstanceMethod<&Object::Delete>("delete"),
				   InstanceMethod<&Object::Entries>("entries"),
				   InstanceMethod<&Object::ReplaceInner>("replaceInner"),
				   InstanceMethod<&Object::ProgramInfo>("programInfo"),
				   InstanceMethod<&Object::MapFd>("mapFd"),
				   InstanceMethod<&Object::Close>("close"),
			   });
}

// new Object(path)
Object::Object(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Object>(info)
{
	std::string path = Text(info, 0);
	LogCapture log;
	object_ = bpf_object__open(path.c_str());
	if (!object_)
		ThrowErrno(info.Env(), "open " + path, errno, log.text());
}

Object::~Object() { Release(); }

void Object::Release()
{
	for (auto &[id, link] : links_)
		bpf_link__destroy(link);
	links_.clear();
	if (object_)
		bpf_object__close(object_);
	object_ = nullptr;
}

bpf_program *Object::Program(const Napi::CallbackInfo &info)
{
	std::string name = Text(info, 0);
	bpf_program *program = object_ ? bpf_object__find_program_by_name(object_, name.c_str()) :
					 nullptr;
	if (!program)
		ThrowErrno(info.Env(), "program " + name, ENOENT);
	return program;
}

bpf_map *Object::Map(const Napi::CallbackInfo &info)
{
	std::string name = Text(info, 0);
	bpf_map *map = object_ ? bpf_object__find_map_by_name(object_, name.c_str()) : nullptr;
	if (!map)
		ThrowErrno(info.Env(), "map " + name, ENOENT);
	return map;
}

// setAutoload(program, boolean): before load()
Napi::Value Object::SetAutoload(const Napi::CallbackInfo &info)
{
	bpf_program *program = Program(info);
	if (program)
		bpf_program__set_autoload(program, info[1].ToBoolean());
	return info.Env().Undefined();
}

// setMaxEntries(map, number): before load()
Napi::Value Object::SetMaxEntries(const Napi::CallbackInfo &info)
{
	bpf_map *map = Map(info);
	if (!map)
		return info.Env().Undefined();
	int error = bpf_map__set_max_entries(map, info[1].ToNumber().Uint32Value());
	if (error)
		ThrowErrno(info.Env(), "size of map " + Text(info, 0), error);
	return info.Env().Undefined();
}

// setVariable(name, bytes): a `const volatile` of the object, before load()
Napi::Value Object::SetVariable(const Napi::CallbackInfo &info)
{
	std::string name = Text(info, 0);
	auto bytes = info[1].As<Napi::Uint8Array>();
	const btf *types = object_ ? bpf_object__btf(object_) : nullptr;
	bpf_map *map = nullptr, *section = nullptr;

	if (types) {
		bpf_object__for_each_map(map, object_)
		{
			const char *map_name = bpf_map__name(map);
			size_t length = strlen(map_name);
			if (length >= 7 && !strcmp(map_name + length - 7, ".rodata"))
				section = map;
		}
	}
	int id = types ? btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC) : -ENOENT;
	size_t size = 0;
	const void *initial = section ? bpf_map__initial_value(section, &size) : nullptr;
	if (id < 0 || !initial) {
		ThrowErrno(info.Env(), "variable " + name, ENOENT);
		return info.Env().Undefined();
	}
	const btf_type *data = btf__type_by_id(types, id);
	const btf_var_secinfo *variable = btf_var_secinfos(data);
	for (int i = 0; i < btf_vlen(data); i++, variable++) {
		const btf_type *type = btf__type_by_id(types, variable->type);
		if (name != btf__name_by_offset(types, type->name_off))
			continue;
		if (variable->size != bytes.ByteLength() ||
		    variable->offset + variable->size > size)
			break;
		std::vector<uint8_t> changed(size);
		memcpy(changed.data(), initial, size);
		memcpy(changed.data() + variable->offset, bytes.Data(), variable->size);
		int error = bpf_map__set_initial_value(section, changed.data(), size);
		if (error)
			ThrowErrno(info.Env(), "variable " + name, error);
		return info.Env().Undefined();
	}
	ThrowErrno(info.Env(), "variable " + name, EINVAL);
	return info.Env().Undefined();
}

// setPin(map, path): before load(), which takes the map that is pinned there, or pins its own
Napi::Value Object::SetPin(const Napi::CallbackInfo &info)
{
	bpf_map *map = Map(info);
	if (!map)
		return info.Env().Undefined();
	int error = bpf_map__set_pin_path(map, Text(info, 1).c_str());
	if (error)
		ThrowErrno(info.Env(), "pin of map " + Text(info, 0), error);
	return info.Env().Undefined();
}

// mapShape(map): {type, keySize, valueSize, maxEntries, flags} that the object asks for
Napi::Value Object::MapShape(const Napi::CallbackInfo &info)
{
	bpf_map *map = Map(info);
	if (!map)
		return info.Env().Undefined();
	return MapShapeOf(info.Env(), bpf_map__type(map), bpf_map__key_size(map),
			  bpf_map__value_size(map), bpf_map__max_entries(map),
			  bpf_map__map_flags(map));
}

// load(): blocks while the verifier works
Napi::Value Object::Load(const Napi::CallbackInfo &info)
{
	LogCapture log;
	int error = object_ ? bpf_object__load(object_) : -EBADF;
	// libbpf read the types of the whole kernel for it and freed them; the C library keeps what was freed.
	malloc_trim(0);
	if (error)
		ThrowErrno(info.Env(), "load", error, log.text());
	return info.Env().Undefined();
}

// attach(program): link id
Napi::Value Object::Attach(const Napi::CallbackInfo &info)
{
	bpf_program *program = Program(info);
	if (!program)
		return info.Env().Undefined();
	LogCapture log;
	bpf_link *link = bpf_program__attach(program);
	if (!link) {
		ThrowErrno(info.Env(), "attach " + Text(info, 0), errno, log.text());
		return info.Env().Undefined();
	}
	links_[next_link_] = link;
	return Napi::Number::New(info.Env(), next_link_++);
}

// attachCgroup(program, directory, outlive): link id, or 0 when the attachment is to stay with the
// cgroup after this process (it then ends with the cgroup)
Napi::Value Object::AttachCgroup(const Napi::CallbackInfo &info)
{
	bpf_program *program = Program(info);
	if (!program)
		return info.Env().Undefined();
	std::string directory = Text(info, 1);
	int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		ThrowErrno(info.Env(), "open " + directory, errno);
		return info.Env().Undefined();
	}
	Napi::Value result = info.Env().Undefined();
	if (info[2].ToBoolean()) {
		int error = bpf_prog_attach(bpf_program__fd(program), fd,
					    bpf_program__expected_attach_type(program),
					    BPF_F_ALLOW_MULTI);
		if (error)
			ThrowErrno(info.Env(), "attach " + Text(info, 0), error);
		else
			result = Napi::Number::New(info.Env(), 0);
	} else {
		LogCapture log;
		bpf_link *link = bpf_program__attach_cgroup(program, fd);
		if (!link) {
			ThrowErrno(info.Env(), "attach " + Text(info, 0), errno, log.text());
		} else {
			links_[next_link_] = link;
			result = Napi::Number::New(info.Env(), next_link_++);
		}
	}
	close(fd);
	return result;
}

// detach(link id)
Napi::Value Object::Detach(const Napi::CallbackInfo &info)
{
	auto found = links_.find(info[0].ToNumber().Uint32Value());
	if (found == links_.end()) {
		ThrowErrno(info.Env(), "detach", ENOENT);
		return info.Env().Undefined();
	}
	int error = bpf_link__destroy(found->second);
	links_.erase(found);
	if (error)
		ThrowErrno(info.Env(), "detach", error);
	return info.Env().Undefined();
}

// pinLink(link id, path): from then on the attachment outlives this process, until the pin is removed
Napi::Value Object::PinLink(const Napi::CallbackInfo &info)
{
	auto found = links_.find(info[0].ToNumber().Uint32Value());
	int error = found == links_.end() ? -ENOENT :
					    bpf_link__pin(found->second, Text(info, 1).c_str());
	if (error)
		ThrowErrno(info.Env(), "pin " + Text(info, 1), error);
	return info.Env().Undefined();
}

// runIterator(program): runs it over everything once
Napi::Value Object::RunIterator(const Napi::CallbackInfo &info)
{
	bpf_program *program = Program(info);
	if (!program)
		return info.Env().Undefined();
	LogCapture log;
	bpf_link *link = bpf_program__attach_iter(program, nullptr);
	if (!link) {
		ThrowErrno(info.Env(), "attach " + Text(info, 0), errno, log.text());
		return info.Env().Undefined();
	}
	int fd = bpf_iter_create(bpf_link__fd(link)), error = fd < 0 ? errno : 0;
	char sink[256];
	ssize_t bytes = 0;
	while (fd >= 0 && ((bytes = read(fd, sink, sizeof(sink))) > 0 ||
			   (bytes < 0 && (errno == EAGAIN || errno == EINTR)))) {
	}
	if (fd >= 0 && bytes < 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	if (error)
		ThrowErrno(info.Env(), "iterate " + Text(info, 0), error);
	return info.Env().Undefined();
}

// lookup(map, key): bytes or undefined
Napi::Value Object::Lookup(const Napi::CallbackInfo &info)
{
	bpf_map *map = Map(info);
	if (!map)
		return info.Env().Undefined();
	auto key = info[1].As<Napi::Uint8Array>();
	if (key.ByteLength() != bpf_map__key_size(map)) {
		ThrowErrno(info.Env(), "key of map " + Text(info, 0), EINVAL);
		return info.Env().Undefined();
	}
	size_t size = ValueBytes(map);
	auto value = Napi::Buffer<uint8_t>::New(info.Env(), size);
	if (bpf_map_lookup_elem(bpf_map__fd(map), key.Data(), value.Data())) {
		if (errno != ENOENT)
			ThrowErrno(info.Env(), "lookup in map " + Text(info, 0), errno);
		return info.Env().Undefined();
	}
	return value;
}

// update(map, key, value)
Napi::Value Object::Update(const Napi::CallbackInfo &info)
{
	bpf_map *map = Map(info);
	if (!map)
		return info.Env().Undefined();
	auto key = info[1].As<Napi::Uint8Array>(), value = info[2].As<Napi::Uint8Array>();
	if (key.ByteLength() != bpf_map__key_size(map) || value.ByteLength() != ValueBytes(map)) {
		ThrowErrno(info.Env(), "key or value of map " + Text(info, 0), EINVAL);
		return info.Env().Undefined();
	}
	if (bpf_map_update_elem(bpf_map__fd(map), key.Data(), value.Data(), BPF_ANY))
		ThrowErrno(info.Env(), "update of map " + Text(info, 0), errno);
	return info.Env().Undefined();
}

// delete(map, key): whether it was there
Napi::Value Object::Delete(const Napi::CallbackInfo &info)
{
	bpf_map *map = Map(info);
	if (!map)
		return info.Env().Undefined();
	auto key = info[1].As<Napi::Uint8Array>();
	if (key.ByteLength() != bpf_map__key_size(map)) {
		ThrowErrno(info.Env(), "key of map " + Text(info, 0), EINVAL);
		return info.Env().Undefined();
	}
	int error = bpf_map_delete_elem(bpf_map__fd(map), key.Data()) ? errno : 0;
	if (error && error != ENOENT)
		ThrowErrno(info.Env(), "delete in map " + Text(info, 0), error);
	return Napi::Boolean::New(info.Env(), !error);
}

// entries(map): key, value, key, value, … in one buffer
Napi::Value Object::Entries(const Napi::CallbackInfo &info)
{
	bpf_map *map = Map(info);
	if (!map)
		return info.Env().Undefined();
	size_t key_size = bpf_map__key_size(map), value_size = bpf_map__value_size(map);
	constexpr uint32_t kBatch = 1024;
	std::vector<uint8_t> keys(kBatch * key_size), values(kBatch * value_size), all;
	std::vector<uint8_t> cursor(key_size < 8 ? 8 : key_size);
	bool first = true;
	for (;;) {
		uint32_t count = kBatch;
		int error = bpf_map_lookup_batch(bpf_map__fd(map), first ? nullptr : cursor.data(),
						 cursor.data(), keys.data(), values.data(), &count,
						 nullptr) ?
				    errno :
				    0;
		if (error && error != ENOENT) {
			ThrowErrno(info.Env(), "read map " + Text(info, 0), error);
			return info.Env().Undefined();
		}
		for (uint32_t i = 0; i < count; i++) {
			all.insert(all.end(), &keys[i * key_size], &keys[i * key_size] + key_size);
			all.insert(all.end(), &values[i * value_size],
				   &values[i * value_size] + value_size);
		}
		if (error == ENOENT)
			break;
		first = false;
	}
	return Napi::Buffer<uint8_t>::Copy(info.Env(), all.data(), all.size());
}

// replaceInner(outer map, key, value size, values | undefined): puts a new array map in place
Napi::Value Object::ReplaceInner(const Napi::CallbackInfo &info)
{
	bpf_map *outer = Map(info);
	if (!outer)
		return info.Env().Undefined();
	auto key = info[1].As<Napi::Uint8Array>();
	if (!info[3].IsTypedArray()) {
		bpf_map_delete_elem(bpf_map__fd(outer), key.Data());
		return info.Env().Undefined();
	}
	uint32_t value_size = info[2].ToNumber().Uint32Value();
	auto values = info[3].As<Napi::Uint8Array>();
	uint32_t count = values.ByteLength() / value_size;
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_INNER_MAP);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "pf_inner", sizeof(uint32_t), value_size, count,
				&options);
	if (fd < 0) {
		ThrowErrno(info.Env(), "inner map", errno);
		return info.Env().Undefined();
	}
	std::vector<uint32_t> keys(count);
	std::iota(keys.begin(), keys.end(), 0);
	uint32_t written = count;
	int error =
		bpf_map_update_batch(fd, keys.data(), values.Data(), &written, nullptr) ? errno : 0;
	if (!error)
		error = bpf_map_update_elem(bpf_map__fd(outer), key.Data(), &fd, BPF_ANY) ? errno :
											    0;
	close(fd);
	if (error)
		ThrowErrno(info.Env(), "replace in map " + Text(info, 0), error);
	return info.Env().Undefined();
}

// programInfo(program): {id, recursionMisses, runCount, runTimeNs, instructions}
Napi::Value Object::ProgramInfo(const Napi::CallbackInfo &info)
{
	bpf_program *program = Program(info);
	if (!program)
		return info.Env().Undefined();
	bpf_prog_info data = {};
	uint32_t size = sizeof(data);
	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &data, &size)) {
		ThrowErrno(info.Env(), "info of " + Text(info, 0), errno);
		return info.Env().Undefined();
	}
	auto result = Napi::Object::New(info.Env());
	result.Set("id", data.id);
	result.Set("recursionMisses",
		   Napi::BigInt::New(info.Env(), uint64_t{data.recursion_misses}));
	result.Set("runCount", Napi::BigInt::New(info.Env(), uint64_t{data.run_cnt}));
	result.Set("runTimeNs", Napi::BigInt::New(info.Env(), uint64_t{data.run_time_ns}));
	result.Set("instructions", data.verified_insns);
	return result;
}

Napi::Value Object::MapFd(const Napi::CallbackInfo &info)
{
	bpf_map *map = Map(info);
	return map ? Napi::Number::New(info.Env(), bpf_map__fd(map)) : info.Env().Undefined();
}

Napi::Value Object::Close(const Napi::CallbackInfo &info)
{
	Release();
	return info.Env().Undefined();
}

} // namespace pinfold
