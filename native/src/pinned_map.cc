// SPDX-License-Identifier: Apache-2.0
#include "addon.h"

#include <unistd.h>

#include <cerrno>

namespace pinfold {

Napi::Value MapShapeOf(Napi::Env env, uint32_t type, uint32_t key_size, uint32_t value_size,
		       uint32_t max_entries, uint32_t flags)
{
	auto shape = Napi::Object::New(env);
	shape.Set("type", type);
	shape.Set("keySize", key_size);
	shape.Set("valueSize", value_size);
	shape.Set("maxEntries", max_entries);
	shape.Set("flags", flags);
	return shape;
}

Napi::Function PinnedMap::Define(Napi::Env env)
{
	return DefineClass(env, "PinnedMap",
			   {
				   InstanceMethod<&PinnedMap::Shape>("shape"),
				   InstanceMethod<&PinnedMap::Lookup>("lookup"),
				   InstanceMethod<&PinnedMap::Update>("update"),
				   InstanceMethod<&PinnedMap::Delete>("delete"),
				   InstanceMethod<&PinnedMap::Close>("close"),
			   });
}

// new PinnedMap(path)
PinnedMap::PinnedMap(const Napi::CallbackInfo &info) : Napi::ObjectWrap<PinnedMap>(info)
{
	std::string path = info[0].As<Napi::String>().Utf8Value();
	uint32_t size = sizeof(data_);
	fd_ = bpf_obj_get(path.c_str());
	if (fd_ < 0 || bpf_obj_get_info_by_fd(fd_, &data_, &size))
		ThrowErrno(info.Env(), "open " + path, errno);
}

PinnedMap::~PinnedMap() { Release(); }

void PinnedMap::Release()
{
	if (fd_ >= 0)
		close(fd_);
	fd_ = -1;
}

bool PinnedMap::Fits(const Napi::CallbackInfo &info, size_t index, size_t size)
{
	if (info[index].IsTypedArray() && info[index].As<Napi::Uint8Array>().ByteLength() == size)
		return true;
	ThrowErrno(info.Env(), std::string("key or value of map ") + data_.name, EINVAL);
	return false;
}

// shape(): {type, keySize, valueSize, maxEntries, flags}
Napi::Value PinnedMap::Shape(const Napi::CallbackInfo &info)
{
	return MapShapeOf(info.Env(), data_.type, data_.key_size, data_.value_size,
			  data_.max_entries, data_.map_flags);
}

// lookup(key): bytes or undefined; not for per-CPU maps
Napi::Value PinnedMap::Lookup(const Napi::CallbackInfo &info)
{
	if (!Fits(info, 0, data_.key_size))
		return info.Env().Undefined();
	auto value = Napi::Buffer<uint8_t>::New(info.Env(), data_.value_size);
	if (bpf_map_lookup_elem(fd_, info[0].As<Napi::Uint8Array>().Data(), value.Data())) {
		if (errno != ENOENT)
			ThrowErrno(info.Env(), std::string("lookup in map ") + data_.name, errno);
		return info.Env().Undefined();
	}
	return value;
}

// update(key, value)
Napi::Value PinnedMap::Update(const Napi::CallbackInfo &info)
{
	if (!Fits(info, 0, data_.key_size) || !Fits(info, 1, data_.value_size))
		return info.Env().Undefined();
	if (bpf_map_update_elem(fd_, info[0].As<Napi::Uint8Array>().Data(),
				info[1].As<Napi::Uint8Array>().Data(), BPF_ANY))
		ThrowErrno(info.Env(), std::string("update of map ") + data_.name, errno);
	return info.Env().Undefined();
}

// delete(key): whether it was there
Napi::Value PinnedMap::Delete(const Napi::CallbackInfo &info)
{
	if (!Fits(info, 0, data_.key_size))
		return info.Env().Undefined();
	int error = bpf_map_delete_elem(fd_, info[0].As<Napi::Uint8Array>().Data()) ? errno : 0;
	if (error && error != ENOENT)
		ThrowErrno(info.Env(), std::string("delete in map ") + data_.name, error);
	return Napi::Boolean::New(info.Env(), !error);
}

Napi::Value PinnedMap::Close(const Napi::CallbackInfo &info)
{
	Release();
	return info.Env().Undefined();
}

} // namespace pinfold
