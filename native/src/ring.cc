// SPDX-License-Identifier: Apache-2.0
#include "addon.h"

#include <sys/mman.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <cstring>

namespace pinfold {

struct Ring::Poll {
	uv_poll_t handle;
	Napi::FunctionReference callback;
};

Napi::Function Ring::Define(Napi::Env env)
{
	return DefineClass(env, "Ring",
			   {
				   InstanceMethod<&Ring::Drain>("drain"),
				   InstanceMethod<&Ring::Commit>("commit"),
				   InstanceMethod<&Ring::Watch>("watch"),
				   InstanceMethod<&Ring::Close>("close"),
			   });
}

// new Ring(map fd, bytes of the ring): the fd stays the caller's
Ring::Ring(const Napi::CallbackInfo &info) : Napi::ObjectWrap<Ring>(info)
{
	int fd = info[0].ToNumber().Int32Value();
	size_ = info[1].ToNumber().Int64Value();
	page_ = sysconf(_SC_PAGESIZE);
	fd_ = dup(fd);
	void *consumer = fd_ < 0 ? MAP_FAILED :
				   mmap(nullptr, page_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
	if (consumer == MAP_FAILED) {
		ThrowErrno(info.Env(), "map ring", errno);
		return;
	}
	consumer_ = static_cast<volatile uint64_t *>(consumer);
	void *producer = mmap(nullptr, page_, PROT_READ, MAP_SHARED, fd_, page_);
	if (producer == MAP_FAILED) {
		ThrowErrno(info.Env(), "map ring", errno);
		return;
	}
	producer_ = static_cast<volatile uint64_t *>(producer);
	position_ = __atomic_load_n(consumer_, __ATOMIC_ACQUIRE);
}

Ring::~Ring() { Release(); }

void Ring::Release()
{
	if (poll_) {
		uv_poll_stop(&poll_->handle);
		// Where nobody closed the ring the environment ends before the handle is closed.
		poll_->callback.Reset();
		uv_close(reinterpret_cast<uv_handle_t *>(&poll_->handle),
			 [](uv_handle_t *handle) { delete static_cast<Poll *>(handle->data); });
		poll_ = nullptr;
	}
	if (consumer_)
		munmap(const_cast<uint64_t *>(consumer_), page_);
	if (producer_)
		munmap(const_cast<uint64_t *>(producer_), page_);
	if (fd_ >= 0)
		close(fd_);
	consumer_ = producer_ = nullptr;
	fd_ = -1;
}

// drain(buffer): bytes of whole records copied, one after another, each padded to 8
Napi::Value Ring::Drain(const Napi::CallbackInfo &info)
{
	auto buffer = info[0].As<Napi::Uint8Array>();
	uint8_t *out = buffer.Data();
	size_t room = buffer.ByteLength(), used = 0;

	if (!producer_) {
		ThrowErrno(info.Env(), "drain", EBADF);
		return info.Env().Undefined();
	}
	uint64_t end = __atomic_load_n(producer_, __ATOMIC_ACQUIRE);
	if (position_ == end)
		return Napi::Number::New(info.Env(), 0);
	// Mapped only meanwhile: the kernel fills in every page of a mapping at once and counts it as
	// resident. It lays the data pages out twice in a row, so what begins in the first never wraps.
	uint64_t first = position_, offset = first & (size_ - 1), before = offset & (page_ - 1);
	size_t bytes = before + (end - first);
	void *pages = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd_, 2 * page_ + offset - before);
	if (pages == MAP_FAILED) {
		ThrowErrno(info.Env(), "map ring", errno);
		return info.Env().Undefined();
	}
	const uint8_t *data = static_cast<const uint8_t *>(pages) + before;
	while (position_ < end) {
		const uint8_t *record = data + (position_ - first);
		uint32_t header = __atomic_load_n(reinterpret_cast<const uint32_t *>(record),
						  __ATOMIC_ACQUIRE);
		if (header & BPF_RINGBUF_BUSY_BIT)
			break;
		uint32_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		uint32_t padded = (length + 7) & ~7u;
		if (!(header & BPF_RINGBUF_DISCARD_BIT)) {
			if (used + padded > room)
				break;
			memcpy(out + used, record + BPF_RINGBUF_HDR_SZ, length);
			memset(out + used + length, 0, padded - length);
			used += padded;
		}
		position_ += padded + BPF_RINGBUF_HDR_SZ;
	}
	munmap(pages, bytes);
	return Napi::Number::New(info.Env(), used);
}

// commit(): gives the room of everything drained back to the kernel
Napi::Value Ring::Commit(const Napi::CallbackInfo &info)
{
	if (consumer_)
		__atomic_store_n(consumer_, position_, __ATOMIC_RELEASE);
	return info.Env().Undefined();
}

// watch(callback): called on the loop when there is something to drain; does not keep it alive
Napi::Value Ring::Watch(const Napi::CallbackInfo &info)
{
	uv_loop_t *loop = nullptr;
	napi_get_uv_event_loop(info.Env(), &loop);
	auto *poll = new Poll();
	poll->callback = Napi::Persistent(info[0].As<Napi::Function>());
	poll->handle.data = poll;
	int error = uv_poll_init(loop, &poll->handle, fd_);
	if (error) {
		delete poll;
		ThrowErrno(info.Env(), "watch", -error);
		return info.Env().Undefined();
	}
	poll_ = poll;
	uv_unref(reinterpret_cast<uv_handle_t *>(&poll->handle));
	uv_poll_start(&poll->handle, UV_READABLE, [](uv_poll_t *handle, int status, int) {
		auto *self = static_cast<Poll *>(handle->data);
		Napi::Env env = self->callback.Env();
		Napi::HandleScope scope(env);
		self->callback.MakeCallback(env.Global(), {Napi::Number::New(env, status)});
	});
	return info.Env().Undefined();
}

Napi::Value Ring::Close(const Napi::CallbackInfo &info)
{
	Release();
	return info.Env().Undefined();
}

} // namespace pinfold
