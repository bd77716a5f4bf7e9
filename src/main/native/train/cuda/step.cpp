// The GPU's training step. The first steps of a batch size run kernel by kernel, while cuDNN measures its
// algorithms; then the step is captured into one CUDA graph, and replayed. Of several ranks all go the same way at each
// step: NCCL wants a sum either captured or launched, on all of them alike.
#include <ATen/cuda/CUDAGraph.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <optional>

#include "device/cuda/launch.h"
#include "device/environment.h"
#include "nn/cuda/flags.h"
#include "nn/cuda/network.h"
#include "nn/cuda/shortage.h"
#include "nn/cuda/upload.h"
#include "ops/cuda/adam.h"
#include "parallel/cuda/nccl.h"
#include "train/cuda/gradient.h"
#include "train/gpu_step.h"

namespace a4j {

namespace {

constexpr int kEagerSteps = 2;

// AFFECT4J_CUDA_GRAPH=off launches every kernel by itself, for profilers and debuggers.
bool graphs_wanted() {
  return chosen_by("AFFECT4J_CUDA_GRAPH", {"on", "off"}) == "on";
}

class CudaStep final : public GpuStep {
 public:
  CudaStep(Model& model, const LossOptions& options, const GpuState& state)
      : model_(model),
        options_(options),
        state_(state),
        stream_(c10::cuda::getStreamFromPool(false, model.device().index())),
        upload_(model.device()),
        graphs_(graphs_wanted()) {
    model.wait();  // weights and state were made on another stream
    c10::cuda::CUDAStreamGuard on(stream_);
    values_ = at::zeros({A4J_LOSS_VALUES}, model.parameters().options().dtype(at::kDouble));
  }

  ~CudaStep() override { cudaStreamSynchronize(stream_); }

  void run(const Batch& batch, int rows, const AdamStep& adam) override {
    c10::cuda::CUDAStreamGuard on(stream_);
    c10::AutoGradMode no_gradients(false);
    CudnnFlags flags;
    try {
      bool moved = upload_.reserve(batch, rows);
      if (moved) captured_ = {};
      GpuImages images = upload_.images(batch, rows);
      Way way = agreed(own_way(images));  // while the step before may still run
      await_ranks();
      if (moved) drop_graph();
      if (network_ == nullptr) network_ = std::make_unique<CudaNetwork>(model_, state_.gradient);
      upload_.send(stream_, batch, rows, adam, peers_ != nullptr && peers_->wish_to_stop);
      if (network_->working_copy().defined() && model_.version() != version_) network_->refresh();
      go(way, images);
      model_.weights_changed();
      version_ = model_.version();
    } catch (const c10::Error& e) {
      if (!is_shortage(e)) throw;
      drop_graph();
      repeats_ = 0;        // cuDNN may not have measured all of this batch size
      network_ = nullptr;  // with the activations it kept; even for a new one there may be no room now
      throw_shortage(model_, /*training=*/true, batch, rows, e);
    }
  }

  void join(Peers& peers) override {
    c10::cuda::CUDAStreamGuard on(stream_);
    Communicator& communicator = peers.communicator();
    peers_ = &peers;
    sums_ = std::make_unique<NcclSums>(communicator);
    totals_ = at::zeros({cuda::totals_size(communicator.world())}, values_.options());
    drop_graph();
    repeats_ = 0;
  }

  void read(double* values) override {
    c10::cuda::CUDAStreamGuard on(stream_);
    await_ranks();
    if (peers_ != nullptr) {
      peers_->stop_wishes = static_cast<int>(totals_[cuda::kStopWishes].item<double>());
    }
    cuda_check(cudaMemcpyAsync(values, values_.data_ptr(), values_.nbytes(), cudaMemcpyDeviceToHost, stream_),
               "reading the losses");
    cuda_check(cudaStreamSynchronize(stream_), "a training step");
  }

 private:
  enum Way { kLaunch, kCapture, kReplay };

  // What waits for other ranks. If it fails, NCCL must not go on waiting for a lost one; its abort waits until no graph
  // holds its sums, so a graph goes first, though it may still run: CUDA frees it when it ends.
  template <typename Body>
  void with_ranks(Body body) {
    try {
      body();
    } catch (...) {
      graph_.reset();
      sums_->abort();
      throw;
    }
  }

  // Alone, CUDA's own waits do; a step that waits for other ranks needs a time-out.
  void await_ranks() {
    if (sums_ != nullptr) with_ranks([&] { sums_->wait(stream_); });
  }

  // A graph is for images at one place on the device: those that were copied there, or those of a set, of which the
  // step finds the rows by the indices that were copied. A last, smaller batch of an epoch is launched and leaves the
  // graph as it is.
  Way own_way(const GpuImages& images) {
    repeats_ = images == last_ ? repeats_ + 1 : 1;
    last_ = images;
    if (graph_ != nullptr && images == captured_) return kReplay;
    return graphs_ && repeats_ > kEagerSteps ? kCapture : kLaunch;
  }

  // The least of all ranks' ways.
  Way agreed(Way own) {
    if (peers_ == nullptr) return own;
    Communicator& all = peers_->communicator();
    double ranks[] = {own >= kCapture ? 1.0 : 0.0, own == kReplay ? 1.0 : 0.0};
    with_ranks([&] { all.sum(ranks, 2); });
    return ranks[1] == all.world() ? kReplay : ranks[0] == all.world() ? kCapture : kLaunch;
  }

  void go(Way way, const GpuImages& images) {
    if (way == kLaunch) {
      if (graph_ != nullptr) make_room(images);
      return enqueue(images);
    }
    if (way == kCapture) capture(images);
    graph_->replay();
  }

  // A graph keeps its memory to itself; if a step beside it has too little, the graph goes, to be captured again.
  void make_room(const GpuImages& images) {
    int64_t bytes = images.count * CudaNetwork::bytes_per_image(model_, images.height, images.width, true);
    auto has_room = [&] { return gpu_memory().available >= bytes; };
    if (has_room()) return;
    c10::cuda::CUDACachingAllocator::emptyCache();
    if (has_room()) return;
    drop_graph();
    c10::cuda::CUDACachingAllocator::emptyCache();
  }

  // What launched steps leave in the allocator's cache a graph could not use.
  void capture(const GpuImages& images) {
    drop_graph();
    cuda_check(cudaStreamSynchronize(stream_), "a training step");
    c10::cuda::CUDACachingAllocator::emptyCache();
    graph_ = std::make_unique<at::cuda::CUDAGraph>();
    at::cuda::MempoolId_t pool = at::cuda::graph_pool_handle();
    try {
      graph_->capture_begin(pool, cudaStreamCaptureModeThreadLocal);
      enqueue(images);
      graph_->capture_end();
    } catch (...) {
      abandon_capture(pool);
      throw;
    }
    captured_ = images;
  }

  // A graph must not go while it runs.
  void drop_graph() {
    captured_ = {};
    if (graph_ == nullptr) return;
    cuda_check(cudaStreamSynchronize(stream_), "a training step");
    graph_.reset();
  }

  // Stream and allocator must leave capture mode, whatever became of the graph; of these two the failed capture may
  // have done either. A graph gives its memory back only if its capture has ended.
  void abandon_capture(at::cuda::MempoolId_t pool) {
    namespace allocator = c10::cuda::CUDACachingAllocator;
    auto works = [](auto body) {
      try {
        body();
        return true;
      } catch (const c10::Error&) {
        return false;
      }
    };
    const c10::DeviceIndex device = model_.device().index();
    works([&] { graph_->capture_end(); });
    works([&] { allocator::endAllocateToPool(device, pool); });
    if (!works([&] { graph_->pool(); })) works([&] { allocator::releasePool(device, pool); });
    graph_.reset();
  }

  // The whole step.
  void enqueue(const GpuImages& images) {
    std::optional<DevicePeers> peers;
    if (peers_ != nullptr) {
      const Communicator& all = peers_->communicator();
      peers.emplace(DevicePeers{{sums_.get(), peers_->synchronised_norm()},
                                {all.rank(), all.world(), upload_.wish_to_stop()},
                                totals_.data_ptr<double>()});
    }
    enqueue_gradient(*network_, model_.layout().tasks, images, upload_.labels(), options_,
                     peers.has_value() ? &*peers : nullptr, values_.data_ptr<double>());
    at::Tensor& copy = network_->working_copy();
    cuda::adam(stream_, upload_.adam(), state_.gradient.numel(), state_.gradient.data_ptr<float>(),
               state_.m.data_ptr<float>(), state_.v.data_ptr<float>(), model_.parameters().data_ptr<float>(),
               copy.defined() ? static_cast<bf16*>(copy.data_ptr()) : nullptr);
  }

  Model& model_;
  LossOptions options_;
  GpuState state_;
  c10::cuda::CUDAStream stream_;
  Upload upload_;
  std::unique_ptr<CudaNetwork> network_;
  at::Tensor values_;
  const bool graphs_;
  Peers* peers_ = nullptr;  // null: alone
  std::unique_ptr<NcclSums> sums_;
  at::Tensor totals_;  // of the whole batch
  GpuImages last_{}, captured_{};
  int64_t version_ = -1;  // of the weights that are in the working copy
  int repeats_ = 0;       // steps on the same images' place in a row
  std::unique_ptr<at::cuda::CUDAGraph> graph_;
};

}  // namespace

std::unique_ptr<GpuStep> gpu_step(Model& model, const LossOptions& options, const GpuState& state) {
  return std::make_unique<CudaStep>(model, options, state);
}

}  // namespace a4j
