#include "device/gpu.h"

#include "device/errors.h"
#include "nn/gpu_images.h"
#include "nn/gpu_inference.h"
#include "train/gpu_step.h"

namespace a4j {

namespace {

constexpr const char* kObstacle = "this build computes on the CPU only; build with -Pgpu";

}  // namespace

GpuSupport gpu_support() { return {"", {}, kObstacle}; }

void require_gpu(int index) {
  throw Unsupported("cuda:" + std::to_string(index) + " cannot be used: " + kObstacle + "; device cpu works");
}

void wait_for_gpu(int) {}

at::Tensor gpu_images(const Model&, int64_t, int, int, int) { throw Unsupported(kObstacle); }

std::unique_ptr<GpuInference> gpu_inference(Model&) { throw Unsupported(kObstacle); }

std::unique_ptr<GpuStep> gpu_step(Model&, const LossOptions&, const GpuState&) { throw Unsupported(kObstacle); }

}  // namespace a4j
