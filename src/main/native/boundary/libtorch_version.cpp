#include "boundary/libtorch_version.h"

#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/version.h>

#include <string>

#include "boundary/guarded.h"

namespace a4j {

// libtorch's only runtime version: major, minor and patch in a byte each, from the top.
void require_matching_libtorch() {
  static const uint64_t loaded = aoti_torch_abi_version();
  if (loaded == TORCH_ABI_VERSION) return;
  auto part = [](int shift) { return std::to_string((loaded >> shift) & 0xff); };
  throw Unsupported("affect4j was built for libtorch " TORCH_VERSION " but " + part(56) + "." + part(48) + "." +
                    part(40) + " was loaded; build it again");
}

}  // namespace a4j
