// SPDX-License-Identifier: Apache-2.0
// What the process needed only to start.
#include "addon.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cinttypes>
#include <cstdio>
#include <memory>
#include <vector>

namespace pinfold {

namespace {

struct Mapping {
	uintptr_t start, end;
	bool clean; // of a file, not writable, and no page of it is our own
};

// Mappings as /proc/self/smaps lists them: a line for each, then its figures.
std::vector<Mapping> Mappings()
{
	std::vector<Mapping> mappings;
	std::unique_ptr<FILE, int (*)(FILE *)> smaps(fopen("/proc/self/smaps", "re"), fclose);
	char line[4096 + 128];
	while (smaps && fgets(line, sizeof(line), smaps.get())) {
		Mapping mapping = {};
		unsigned long inode = 0, own = 0;
		char permissions[5] = "";
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*x %*x:%*x %lu", &mapping.start,
			   &mapping.end, permissions, &inode) == 4) {
			mapping.clean = inode && permissions[1] == '-' && permissions[3] == 'p';
			mappings.push_back(mapping);
		} else if (!mappings.empty() && sscanf(line, "Anonymous: %lu kB", &own) == 1 &&
			   own) {
			mappings.back().clean = false;
		}
	}
	return mappings;
}

// releaseMemory(): gives back what was freed, and unmaps pages of programs and libraries. Those that are
// still needed are mapped again when they are touched; the kernel keeps them as pages of their file.
Napi::Value ReleaseMemory(const Napi::CallbackInfo &info)
{
	malloc_trim(0);
	// Where it cannot be done everything stays as it is.
	for (const Mapping &mapping : Mappings())
		if (mapping.clean)
			madvise(reinterpret_cast<void *>(mapping.start),
				mapping.end - mapping.start, MADV_DONTNEED);
	return info.Env().Undefined();
}

} // namespace

void DefineMemory(Napi::Env env, Napi::Object exports)
{
	exports.Set("releaseMemory", Napi::Function::New<ReleaseMemory>(env, "releaseMemory"));
}

} // namespace pinfold
