// SPDX-License-Identifier: Apache-2.0
#include "addon.h"

#include <cstdio>
#include <cstring>

namespace pinfold {

namespace {

// libbpf's print hook has no context argument: the innermost capture of this thread receives it.
thread_local LogCapture *current_capture = nullptr;

// Bytes of one message of libbpf that are kept.
constexpr size_t kLongestLine = 16384;

int Print(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_DEBUG || !current_capture)
		return 0;
	va_list again;
	va_copy(again, arguments);
	int length = vsnprintf(nullptr, 0, format, arguments);
	if (length > 0) {
		std::string line(static_cast<size_t>(length) + 1, '\0');
		vsnprintf(line.data(), line.size(), format, again);
		line.resize(static_cast<size_t>(length));
		// A verifier's log can be megabytes long, and why it refused stands at its end.
		if (line.size() > kLongestLine)
			line.replace(0, line.size() - kLongestLine, "[...]");
		current_capture->append(line.c_str());
	}
	va_end(again);
	return length;
}

Napi::Object Init(Napi::Env env, Napi::Object exports)
{
	auto *instance = new Instance();
	env.SetInstanceData<Instance>(instance);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	libbpf_set_print(Print);
	Napi::Function object = Object::Define(env), ring = Ring::Define(env),
		       pinned_map = PinnedMap::Define(env);
	instance->object = Napi::Persistent(object);
	instance->ring = Napi::Persistent(ring);
	instance->pinned_map = Napi::Persistent(pinned_map);
	exports.Set("Object", object);
	exports.Set("Ring", ring);
	exports.Set("PinnedMap", pinned_map);
	DefineSystem(env, exports);
	DefineMemory(env, exports);
	return exports;
}

} // namespace

LogCapture::LogCapture() : outer_(current_capture) { current_capture = this; }
LogCapture::~LogCapture() { current_capture = outer_; }

void ThrowErrno(Napi::Env env, const std::string &what, int error, const std::string &log)
{
	int number = error < 0 ? -error : error;
	Napi::Error thrown = Napi::Error::New(env, what + ": " + strerror(number));
	thrown.Set("errno", Napi::Number::New(env, number));
	if (!log.empty())
		thrown.Set("verifierLog", Napi::String::New(env, log));
	thrown.ThrowAsJavaScriptException();
}

NODE_API_MODULE(pinfold, Init)

} // namespace pinfold
