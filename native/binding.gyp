{
  "targets": [
    {
      "target_name": "pinfold",
      "sources": ["src/addon.cc", "src/memory.cc", "src/object.cc", "src/pinned_map.cc", "src/ring.cc", "src/system.cc"],
      "include_dirs": ["<!@(node -p \"require('node-addon-api').include\")", "../bpf/include"],
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS"],
      "cflags_cc": ["-std=c++20", "-Wall", "-Wextra", "-Werror", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "libraries": ["-lbpf"]
    }
  ]
}
