#include "boundary/handles.h"
#include "device/cpu/allocator.h"
#include "device/gpu.h"
#include "boundary/libtorch_version.h"
#include "ops/augment.h"
#include "ops/cpu/isa.h"

#include <ATen/ops/from_blob.h>

#include <cmath>
#include <cstring>

using namespace a4j;

namespace a4j {

const TensorSpec& tensor_spec(const Model& model, int32_t index) {
  const auto& tensors = model.layout().tensors;
  require(index >= 0 && index < static_cast<int32_t>(tensors.size()), "there is no tensor ", index);
  return tensors[index];
}

namespace {

// A GPU's steps have a stream of their own: what they still do, and what was just copied, must end first.
void settle(const at::Tensor& tensor) {
  if (!tensor.is_cpu()) wait_for_gpu(tensor.device().index());
}

}  // namespace

void read_tensor(const at::Tensor& tensor, float* data, int64_t count) {
  require(count == tensor.numel(), "the tensor has ", tensor.numel(), " elements, not ", count);
  settle(tensor);
  at::from_blob(data, tensor.sizes()).copy_(tensor);
}

void write_tensor(const at::Tensor& tensor, const float* data, int64_t count, Values values) {
  require(count == tensor.numel(), "the tensor has ", tensor.numel(), " elements, not ", count);
  for (int64_t i = 0; i < count; i++) {
    require(std::isfinite(data[i]), "element ", i, " of the tensor is not a finite number");
    require(values == Values::kAny || data[i] >= 0, "element ", i, " of the tensor is ", data[i],
            ", but a mean of squares is at least 0");
  }
  settle(tensor);
  tensor.copy_(at::from_blob(const_cast<float*>(data), tensor.sizes()));
  settle(tensor);
}

}  // namespace a4j

namespace {

c10::DeviceIndex gpu_index(int32_t device) {
  require(device <= INT8_MAX, "there is no cuda:" + std::to_string(device));
  return static_cast<c10::DeviceIndex>(device);
}

}  // namespace

a4j_status a4j_model_new(int32_t tasks, int32_t dtype, int32_t device, uint64_t seed, a4j_model** out) {
  return guarded([&] {
    require(tasks >= 1 && tasks <= 7, "the task mask must be 1..7, not ", tasks);
    require(dtype == A4J_FP32 || dtype == A4J_BF16, "dtype must be fp32 or bf16");
    require_matching_libtorch();
    cpu_isa();  // what AFFECT4J_ISA asks for must be there
    install_caching_allocator();
    at::Device place = device < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, gpu_index(device));
    *out = new a4j_model(tasks, dtype == A4J_BF16 ? at::kBFloat16 : at::kFloat, seed, place);
  });
}

void a4j_model_free(a4j_model* model) {
  delete model;
  release_cached_memory();
}

a4j_status a4j_model_tensor_count(const a4j_model* model, int32_t* count) {
  return guarded([&] {
    require_handle(model);
    *count = static_cast<int32_t>(model->layout().tensors.size());
  });
}

a4j_status a4j_model_tensor_info(const a4j_model* model, int32_t index, char* name, int64_t* shape, int32_t* rank,
                                 int32_t* trainable) {
  return guarded([&] {
    require_handle(model);
    const TensorSpec& spec = tensor_spec(*model, index);
    std::strcpy(name, spec.name.c_str());
    std::copy(spec.shape.begin(), spec.shape.end(), shape);
    *rank = spec.rank;
    *trainable = spec.trainable();
  });
}

a4j_status a4j_model_tensor_read(const a4j_model* model, int32_t index, float* data, int64_t count) {
  return guarded([&] {
    require_handle(model);
    tensor_spec(*model, index);
    read_tensor(model->tensor(index), data, count);
  });
}

a4j_status a4j_model_tensor_write(a4j_model* model, int32_t index, const float* data, int64_t count) {
  return guarded([&] {
    require_handle(model);
    bool variance = tensor_spec(*model, index).kind == TensorKind::kRunningVar;
    write_tensor(model->tensor(index), data, count, variance ? Values::kRooted : Values::kAny);
    model->weights_changed();
  });
}

a4j_status a4j_model_predict(a4j_model* model, a4j_batch* batch, int32_t rows) {
  return guarded([&] {
    require_handle(model);
    require_handle(batch);
    require(rows >= 1 && rows <= batch->capacity, "rows must be 1..", batch->capacity, ", not ", rows);
    check_crops(rows, batch->height, batch->width, batch->crops());
    require_images(*batch, rows, *model);
    model->predict(*batch, rows);
  });
}
