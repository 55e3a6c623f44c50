// SPDX-License-Identifier: Apache-2.0
// Handles and bytes over libbpf: no policy, no object per event. Every method runs on the thread of
// the JavaScript environment that loaded the addon, and none blocks except object loading.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <napi.h>

#include <cstdint>
#include <string>
#include <unordered_map>

namespace pinfold {

// What one environment owns. Objects and rings are closed by their finalizers or, earlier, close().
struct Instance {
	Napi::FunctionReference object;
	Napi::FunctionReference ring;
	Napi::FunctionReference pinned_map;
};

// Collects what libbpf prints while it is alive, so that it can travel with the error.
class LogCapture {
      public:
	LogCapture();
	~LogCapture();
	LogCapture(const LogCapture &) = delete;
	LogCapture &operator=(const LogCapture &) = delete;
	const std::string &text() const { return text_; }
	void append(const char *line) { text_ += line; }

      private:
	std::string text_;
	LogCapture *outer_;
};

// Throws {message, errno: positive number, verifierLog?: string} into JavaScript.
void ThrowErrno(Napi::Env env, const std::string &what, int error, const std::string &log = "");

// A loaded BPF object: its programs, links and maps. Closing detaches every link that it made.
class Object : public Napi::ObjectWrap<Object> {
      public:
	static Napi::Function Define(Napi::Env env);
	explicit Object(const Napi::CallbackInfo &info);
	~Object() override;

      private:
	Napi::Value SetAutoload(const Napi::CallbackInfo &info);
	Napi::Value SetMaxEntries(const Napi::CallbackInfo &info);
	Napi::Value SetVariable(const Napi::CallbackInfo &info);
	Napi::Value SetPin(const Napi::CallbackInfo &info);
	Napi::Value MapShape(const Napi::CallbackInfo &info);
	Napi::Value Load(const Napi::CallbackInfo &info);
	Napi::Value PinLink(const Napi::CallbackInfo &info);
	Napi::Value Attach(const Napi::CallbackInfo &info);
	Napi::Value AttachCgroup(const Napi::CallbackInfo &info);
	Napi::Value Detach(const Napi::CallbackInfo &info);
	Napi::Value RunIterator(const Napi::CallbackInfo &info);
	Napi::Value Lookup(const Napi::CallbackInfo &info);
	Napi::Value Update(const Napi::CallbackInfo &info);
	Napi::Value Delete(const Napi::CallbackInfo &info);
	Napi::Value Entries(const Napi::CallbackInfo &info);
	Napi::Value ReplaceInner(const Napi::CallbackInfo &info);
	Napi::Value ProgramInfo(const Napi::CallbackInfo &info);
	Napi::Value MapFd(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);

	bpf_program *Program(const Napi::CallbackInfo &info);
	bpf_map *Map(const Napi::CallbackInfo &info);
	void Release();

	bpf_object *object_ = nullptr;
	std::unordered_map<uint32_t, bpf_link *> links_;
	uint32_t next_link_ = 1;
};

// One BPF ring buffer, mapped by ourselves: the consumer position is stored only by commit(), when
// the caller's records are durable. Its data are mapped only while they are drained.
class Ring : public Napi::ObjectWrap<Ring> {
      public:
	static Napi::Function Define(Napi::Env env);
	explicit Ring(const Napi::CallbackInfo &info);
	~Ring() override;

      private:
	Napi::Value Drain(const Napi::CallbackInfo &info);
	Napi::Value Commit(const Napi::CallbackInfo &info);
	Napi::Value Watch(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);

	void Release();

	struct Poll; // owned by the event loop until its close callback
	Poll *poll_ = nullptr;
	int fd_ = -1;
	size_t size_ = 0;
	size_t page_ = 0;
	uint64_t position_ = 0; // read so far; at or ahead of the stored consumer position
	volatile uint64_t *consumer_ = nullptr;
	volatile uint64_t *producer_ = nullptr;
};

// A map that a pin names, of whatever process: usable on any thread, without the object it came from.
class PinnedMap : public Napi::ObjectWrap<PinnedMap> {
      public:
	static Napi::Function Define(Napi::Env env);
	explicit PinnedMap(const Napi::CallbackInfo &info);
	~PinnedMap() override;

      private:
	Napi::Value Shape(const Napi::CallbackInfo &info);
	Napi::Value Lookup(const Napi::CallbackInfo &info);
	Napi::Value Update(const Napi::CallbackInfo &info);
	Napi::Value Delete(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);

	bool Fits(const Napi::CallbackInfo &info, size_t index, size_t size);
	void Release();

	int fd_ = -1;
	bpf_map_info data_ = {};
};

// {type, keySize, valueSize, maxEntries, flags} of a map.
Napi::Value MapShapeOf(Napi::Env env, uint32_t type, uint32_t key_size, uint32_t value_size,
		       uint32_t max_entries, uint32_t flags);

void DefineSystem(Napi::Env env, Napi::Object exports);
void DefineMemory(Napi::Env env, Napi::Object exports);

} // namespace pinfold
