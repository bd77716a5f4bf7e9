#include "parallel/cuda/nccl.h"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

#include "device/cuda/launch.h"
#include "device/errors.h"

namespace a4j {

namespace {

// From nccl.h, where they have not changed since NCCL 2.0: the header does not come with libtorch.
constexpr int kSuccess = 0, kInProgress = 7, kFloat32 = 7, kFloat64 = 8, kSum = 0;

struct UniqueId {
  char bytes[128];
};

}  // namespace

// What we call, from the library that libtorch has loaded.
struct NcclFunctions {
  const char* (*error_string)(int);
  int (*unique_id)(UniqueId*);
  int (*init_rank)(void** handle, int world, UniqueId id, int rank);
  int (*all_reduce)(const void* from, void* to, size_t count, int type, int operation, void* handle, cudaStream_t);
  int (*async_error)(void* handle, int* code);
  int (*abort)(void* handle);
  int (*destroy)(void* handle);
};

namespace {

template <typename Function>
void find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  if (function == nullptr)
    throw Unsupported(std::string("NCCL has no ") + name + "; several GPUs need NCCL 2.4 or later");
}

NcclFunctions load() {
  void* library = dlopen("libnccl.so.2", RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) library = dlopen("libnccl.so.2", RTLD_LAZY);
  if (library == nullptr) {
    throw Unsupported("several GPUs need NCCL, and libtorch has loaded no libnccl.so.2; use a libtorch of pip's torch");
  }
  NcclFunctions f{};
  find(library, "ncclGetErrorString", f.error_string);
  find(library, "ncclGetUniqueId", f.unique_id);
  find(library, "ncclCommInitRank", f.init_rank);
  find(library, "ncclAllReduce", f.all_reduce);
  find(library, "ncclCommGetAsyncError", f.async_error);
  find(library, "ncclCommAbort", f.abort);
  find(library, "ncclCommDestroy", f.destroy);
  return f;
}

const NcclFunctions& loaded() {
  static const NcclFunctions functions = load();
  return functions;
}

}  // namespace

NcclSums::NcclSums(Communicator& communicator) : communicator_(communicator), nccl_(loaded()) {
  communicator.require_same("presence of NCCL", "yes");  // joining has no time-out: nobody may be missing
  UniqueId id{};
  if (communicator.rank() == 0) check(nccl_.unique_id(&id), "making an id");
  communicator.broadcast(&id, sizeof id);
  check(nccl_.init_rank(&handle_, communicator.world(), id, communicator.rank()), "joining the ranks");
  cuda_check(cudaStreamCreateWithFlags(&beside_, cudaStreamNonBlocking), "creating a stream");
  for (cudaEvent_t* event : {&begun_, &ended_}) {
    cuda_check(cudaEventCreateWithFlags(event, cudaEventDisableTiming), "creating an event");
  }
}

NcclSums::~NcclSums() {
  if (handle_ != nullptr) nccl_.destroy(handle_);
  cudaEventDestroy(begun_);
  cudaEventDestroy(ended_);
  cudaStreamDestroy(beside_);
}

void NcclSums::check(int code, const char* what) const {
  if (code == kSuccess || code == kInProgress) return;
  throw Unsupported(std::string("NCCL, ") + what + ": " + nccl_.error_string(code) +
                    "; see that each rank has a GPU of its own (--device cuda), NCCL_DEBUG=WARN says more");
}

void NcclSums::sum(cudaStream_t stream, float* values, int64_t count) {
  check(nccl_.all_reduce(values, values, count, kFloat32, kSum, handle_, stream), "a sum");
}

void NcclSums::sum(cudaStream_t stream, double* values, int64_t count) {
  check(nccl_.all_reduce(values, values, count, kFloat64, kSum, handle_, stream), "a sum");
}

// In a capture these events make the stream beside a branch of the graph.
void NcclSums::begin_sum(cudaStream_t stream, float* values, int64_t count) {
  cuda_check(cudaEventRecord(begun_, stream), "recording an event");
  cuda_check(cudaStreamWaitEvent(beside_, begun_), "waiting for an event");
  sum(beside_, values, count);
}

void NcclSums::finish(cudaStream_t stream) {
  cuda_check(cudaEventRecord(ended_, beside_), "recording an event");
  cuda_check(cudaStreamWaitEvent(stream, ended_), "waiting for an event");
}

void NcclSums::wait(cudaStream_t stream) {
  cudaError_t state = cudaErrorNotReady;
  communicator_.await([&] {
    int failure = kSuccess;
    nccl_.async_error(handle_, &failure);
    if (failure != kSuccess && failure != kInProgress) throw std::runtime_error(nccl_.error_string(failure));
    state = cudaStreamQuery(stream);
    return state != cudaErrorNotReady;
  });
  cuda_check(state, "a training step");  // outside: an error of this GPU's is no lost rank
}

void NcclSums::abort() {
  if (handle_ != nullptr) nccl_.abort(handle_);
  handle_ = nullptr;
}

}  // namespace a4j
