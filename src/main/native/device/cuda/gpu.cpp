#include "device/gpu.h"

#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>

#include "device/cuda/launch.h"
#include "device/errors.h"

namespace a4j {

namespace {

constexpr int kOldestMajor = 8;  // the first with bf16: our kernels are compiled from sm_80 on

std::string version(int number) { return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10); }

int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  cuda_check(cudaDeviceGetAttribute(&value, which, device), "a device's attribute");
  return value;
}

std::string name_of(int device) {
  cudaDeviceProp properties;
  cuda_check(cudaGetDeviceProperties(&properties, device), "a device's properties");
  return properties.name;
}

std::string no_device(cudaError_t error) {
  int driver = 0;
  cudaDriverGetVersion(&driver);
  if (driver == 0) return "no NVIDIA driver is loaded";
  if (error == cudaErrorInsufficientDriver) {
    return "the NVIDIA driver knows CUDA " + version(driver) + ", this build needs " + version(CUDART_VERSION) +
           "; renew the driver";
  }
  if (error == cudaSuccess || error == cudaErrorNoDevice) return "the driver shows no GPU; see CUDA_VISIBLE_DEVICES";
  return std::string("CUDA does not start: ") + cudaGetErrorString(error);
}

}  // namespace

GpuSupport gpu_support() {
  GpuSupport support{version(CUDART_VERSION), {}, ""};
  int count = 0;
  cudaError_t error = cudaGetDeviceCount(&count);
  if (error != cudaSuccess || count == 0) {
    cudaGetLastError();  // or the next call would report it again
    support.obstacle = no_device(error);
    return support;
  }
  for (int i = 0; i < count; i++) {
    int major = attribute(cudaDevAttrComputeCapabilityMajor, i),
        minor = attribute(cudaDevAttrComputeCapabilityMinor, i);
    if (major < kOldestMajor) {
      support.obstacle = name_of(i) + " has compute capability " + std::to_string(major) + "." + std::to_string(minor) +
                         ", 8.0 is the oldest that works; choose others with CUDA_VISIBLE_DEVICES";
      return support;
    }
    support.names.push_back(name_of(i));
  }
  return support;
}

void require_gpu(int index) {
  GpuSupport support = gpu_support();
  if (support.names.empty() || !support.obstacle.empty()) {
    throw Unsupported("cuda:" + std::to_string(index) + " cannot be used: " + support.obstacle + "; device cpu works");
  }
  int count = static_cast<int>(support.names.size());
  if (index >= count) {
    throw Unsupported("there is no cuda:" + std::to_string(index) + "; this machine has cuda:0" +
                      (count > 1 ? " to cuda:" + std::to_string(count - 1) : ""));
  }
}

void wait_for_gpu(int index) {
  c10::cuda::CUDAGuard device(static_cast<c10::DeviceIndex>(index));
  cuda_check(cudaDeviceSynchronize(), "waiting for the GPU");
}

}  // namespace a4j
