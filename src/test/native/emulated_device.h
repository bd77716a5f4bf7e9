// A GPU for a libtorch that has none, for one source file of a test program: tensors of kCUDA in the host's memory.
// Operators on them are the CPU's, on the same memory; while a stream is being captured they are kept for the graph's
// replays, with the tensors that they read and write.
//
// New memory is filled with NaN, also at each replay: who reads what nobody has written shows.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CPUAllocator.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include <cstring>
#include <functional>
#include <string>

#include "device/cuda/launch.h"
#include "device/gpu.h"

namespace emulated_device {

using Stack = std::vector<c10::IValue>;

// Called with the name of each operator before it runs or is captured; may throw.
inline std::function<void(const std::string&)> before_operator;

// The same memory as a tensor of the other device.
inline at::Tensor seen_from(at::Device device, const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.device() == device) return tensor;
  auto* owner = new c10::Storage(tensor.storage());
  c10::DataPtr data(owner->mutable_data(), owner, [](void* o) { delete static_cast<c10::Storage*>(o); }, device);
  c10::Storage storage(c10::Storage::use_byte_size_t(), owner->nbytes(), std::move(data));
  auto key = device.is_cpu() ? c10::DispatchKey::CPU : c10::DispatchKey::CUDA;
  at::Tensor same =
      at::detail::make_tensor<c10::TensorImpl>(std::move(storage), c10::DispatchKeySet(key), tensor.dtype());
  same.unsafeGetTensorImpl()->set_sizes_and_strides(tensor.sizes(), tensor.strides(), tensor.storage_offset());
  return same;
}

inline c10::IValue seen_from(at::Device device, const c10::IValue& value) {
  if (value.isTensor()) return seen_from(device, value.toTensor());
  if (value.isDevice()) return device;
  TORCH_CHECK(!value.isTensorList(), "the emulated GPU knows no operators on lists of tensors");
  return value;
}

inline Stack seen_from(at::Device device, const Stack& values) {
  Stack seen;
  for (const c10::IValue& value : values) seen.push_back(seen_from(device, value));
  return seen;
}

inline Stack results_of(const c10::OperatorHandle& op, Stack arguments) {
  op.callBoxed(&arguments);
  if (op.schema().name().rfind("aten::empty", 0) == 0) {
    const c10::Storage& storage = arguments[0].toTensor().storage();
    std::memset(storage.mutable_data(), 0xFF, storage.nbytes());
  }
  return arguments;
}

inline bool in_memory_of(const c10::IValue& value, const Stack& others) {
  auto memory = [](const c10::IValue& v) {
    return v.isTensor() && v.toTensor().defined() ? v.toTensor().storage().data() : nullptr;
  };
  return std::any_of(others.begin(), others.end(),
                     [&](const c10::IValue& other) { return memory(other) == memory(value); });
}

// What a replay does of an operator: the results' tensors stay where they are, since later work has their addresses.
inline void again(const c10::OperatorHandle& op, const Stack& arguments, const Stack& results) {
  Stack fresh = results_of(op, arguments);
  for (size_t i = 0; i < fresh.size(); i++) {
    if (!fresh[i].isTensor() || !fresh[i].toTensor().defined() || in_memory_of(fresh[i], arguments)) continue;
    const at::Tensor &from = fresh[i].toTensor(), &to = results[i].toTensor();
    TORCH_CHECK(from.strides() == to.strides(), "the same operator, another layout");
    std::memcpy(to.data_ptr(), from.data_ptr(), from.nbytes());
  }
}

inline bool waits(const c10::OperatorHandle& op, const Stack& arguments) {
  if (op.schema().name() == "aten::copy_") return arguments[0].toTensor().device() != arguments[1].toTensor().device();
  return !op.schema().returns()[0].type()->isSubtypeOf(*c10::TensorType::get());
}

inline void call(const c10::OperatorHandle& op, Stack* stack) {
  if (before_operator) before_operator(op.schema().name());
  Stack given(stack->end() - static_cast<int64_t>(op.schema().arguments().size()), stack->end());
  stack->resize(stack->size() - given.size());
  if (waits(op, given)) a4j::cuda_check(emulated_cuda::not_in_capture(), op.schema().name().c_str());
  Stack arguments = seen_from(at::kCPU, given), results;
  bool in_place = op.schema().is_mutable();
  if (emulated_cuda::capture == nullptr || !in_place) results = results_of(op, arguments);
  if (emulated_cuda::capture != nullptr) {
    cudaStream_t stream = c10::cuda::getCurrentCUDAStream();
    a4j::cuda_check(emulated_cuda::enqueue(stream, [=] { again(op, arguments, results); }), op.schema().name().c_str());
  }
  if (in_place) results = {given[0]};
  for (const c10::IValue& result : seen_from(at::Device(at::kCUDA, 0), results)) stack->push_back(result);
}

// Pinned memory.
struct Hooks final : at::CUDAHooksInterface {
  explicit Hooks(at::CUDAHooksArgs) {}
  bool hasCUDA() const override { return true; }
  void init() const override {}
  at::Allocator* getPinnedMemoryAllocator() const override { return c10::GetCPUAllocator(); }
};

}  // namespace emulated_device

namespace at {
using EmulatedHooks = emulated_device::Hooks;
C10_REGISTER_TYPED_CLASS(CUDAHooksRegistry, "CUDAHooks", EmulatedHooks)
}  // namespace at

TORCH_LIBRARY_IMPL(_, CUDA, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&emulated_device::call>());
}

// Operators that libtorch would otherwise take apart by device.
TORCH_LIBRARY_IMPL(aten, CUDA, library) {
  for (const char* name : {"copy_", "convolution", "convolution_backward"}) {
    library.impl(name, torch::CppFunction::makeFromBoxedFunction<&emulated_device::call>());
  }
}

namespace a4j {

GpuSupport gpu_support() { return {"emulated", {"the emulated GPU"}, ""}; }
void require_gpu(int) {}
void wait_for_gpu(int) {}

}  // namespace a4j
