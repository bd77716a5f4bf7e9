#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/cpu/Utils.h>
#include <omp.h>
#include <torch/version.h>

#include <atomic>
#include <cstring>
#include <string>

#include "boundary/guarded.h"
#include "boundary/libtorch_version.h"
#include "device/cpu/allocator.h"
#include "device/cpu/threads.h"
#include "device/gpu.h"
#include "ops/cpu/isa.h"

using namespace a4j;

namespace {

// "Intel(R) MKL-DNN v3.7.1 (Git Hash ...)" of ATen's report, without the hash.
std::string onednn_version() {
  std::string all = at::get_mkldnn_version();
  size_t start = all.find(" v");
  return start == std::string::npos ? "" : all.substr(start + 2, all.find(' ', start + 2) - start - 2);
}

// {"toolkit":"13.1" or "","devices":["NVIDIA H100 ..."],"obstacle":"why there is none"}
std::string gpus() {
  GpuSupport support = gpu_support();
  std::string names;
  for (const std::string& name : support.names) names += (names.empty() ? "\"" : ",\"") + name + "\"";
  return "{\"toolkit\":\"" + support.toolkit + "\",\"devices\":[" + names + "],\"obstacle\":\"" + support.obstacle +
         "\"}";
}

std::string boolean(bool value) { return value ? "true" : "false"; }

std::string description() {
  return std::string("{\"libtorch\":\"") + TORCH_VERSION + "\",\"onednn\":\"" + onednn_version() +
         "\",\"cpu_capability\":\"" + at::get_cpu_capability() +
         "\",\"kernels\":\"" + name(cpu_isa()) +
         "\",\"avx512_bf16\":" + boolean(at::cpu::is_avx512_bf16_supported()) +
         ",\"amx\":" + boolean(at::cpu::is_amx_tile_supported()) +
         ",\"threads\":" + std::to_string(at::get_num_threads()) +
         ",\"native_allocations\":" + std::to_string(system_allocations()) +
         ",\"cuda\":" + gpus() + "}";
}

}  // namespace

a4j_status a4j_runtime_describe(char* json, int64_t capacity) {
  return guarded([&] {
    require_matching_libtorch();
    std::string text = description();
    require(static_cast<int64_t>(text.size()) < capacity, "the description needs more room");
    std::strcpy(json, text.c_str());
  });
}

namespace {

std::atomic<int> set_threads{0};  // 0: never set

}  // namespace

void a4j::use_set_threads() {
  int threads = set_threads;
  // libtorch's first look in each thread may set what it deems right, so that it must come before.
  if (threads != 0 && threads != at::get_num_threads()) omp_set_num_threads(threads);
}

a4j_status a4j_threads_set(int32_t threads) {
  return guarded([&] {
    require(threads >= 1 && threads <= 1024, "threads must be 1..1024, not ", threads);
    // Not at::set_num_threads: it starts as many threads again for a pool that nothing here uses, and waits forever for
    // those that cannot be started.
    start_threads(threads);
    set_threads = threads;
  });
}
