#include <algorithm>

#include "boundary/adam_options.h"
#include "boundary/handles.h"
#include "boundary/loss_options.h"
#include "device/cpu/allocator.h"
#include "ops/augment.h"

using namespace a4j;

namespace {

const at::Tensor& state_buffer(const a4j_trainer* trainer, int32_t kind, int32_t index) {
  require_handle(trainer);
  require(kind >= A4J_GRADIENT && kind <= A4J_ADAM_V, "there is no trainer state ", kind);
  const TensorSpec& spec = tensor_spec(trainer->model(), index);
  require(spec.trainable(), spec.name, " is not trainable and has no trainer state");
  return trainer->state(kind);
}

void require_joined(const a4j_trainer* trainer) {
  require_handle(trainer);
  require(trainer->peers() != nullptr, "the trainer has not joined other ranks");
}

std::string to_json(const Profile& profile) {
  std::ostringstream out;
  const char* separator = "[";
  for (const Profile::Entry& e : profile.entries) {
    out << separator << "{\"layer\":\"" << e.layer << "\",\"operation\":\"" << e.operation << "\",\"seconds\":"
        << e.seconds << ",\"flops\":" << e.flops << ",\"bytes\":" << e.bytes << "}";
    separator = ",";
  }
  out << (profile.entries.empty() ? "[]" : "]");
  return out.str();
}

}  // namespace

a4j_status a4j_trainer_new(a4j_model* model, const float* class_weights, float focal_gamma, int32_t weighted_mean,
                           float beta1, float beta2, float epsilon, float weight_decay, a4j_trainer** out) {
  return guarded([&] {
    require_handle(model);
    LossOptions loss = loss_options(class_weights, focal_gamma, weighted_mean);
    *out = new a4j_trainer(*model, loss, adam_options(beta1, beta2, epsilon, weight_decay));
  });
}

void a4j_trainer_free(a4j_trainer* trainer) {
  delete trainer;
  release_cached_memory();
}

a4j_status a4j_trainer_join(a4j_trainer* trainer, a4j_communicator* communicator, int32_t sync_norm) {
  return guarded([&] {
    require_handle(trainer);
    require_handle(communicator);
    trainer->join(*communicator, sync_norm != 0);
  });
}

a4j_status a4j_trainer_share_statistics(a4j_trainer* trainer) {
  return guarded([&] {
    require_joined(trainer);
    trainer->share_statistics();
  });
}

a4j_status a4j_trainer_stop_wish(a4j_trainer* trainer, int32_t wish, int32_t* wishes) {
  return guarded([&] {
    require_joined(trainer);
    trainer->peers()->wish_to_stop = wish != 0;
    *wishes = trainer->peers()->stop_wishes;
  });
}

a4j_status a4j_trainer_step(a4j_trainer* trainer, a4j_batch* batch, int32_t rows, float learning_rate) {
  return guarded([&] {
    require_handle(trainer);
    require_handle(batch);
    int least = trainer->least_rows();
    require(rows >= least && rows <= batch->capacity, "rows must be ", least, "..", batch->capacity, ", not ", rows);
    require_learning_rate(learning_rate);
    check_crops(rows, batch->height, batch->width, batch->crops());
    check_labels(rows, {batch->va(), batch->expression(), batch->action_units()});
    require_images(*batch, rows, trainer->model());
    trainer->step(*batch, rows, learning_rate);
  });
}

a4j_status a4j_trainer_read(a4j_trainer* trainer, double* values) {
  return guarded([&] {
    require_handle(trainer);
    std::copy_n(trainer->values(), A4J_LOSS_VALUES, values);
  });
}

a4j_status a4j_trainer_engine_set(a4j_trainer* trainer, int32_t engine) {
  return guarded([&] {
    require_handle(trainer);
    require(engine == A4J_ENGINE_FUSED || engine == A4J_ENGINE_AUTOGRAD, "there is no engine ", engine);
    trainer->choose_engine(engine);
  });
}

a4j_status a4j_trainer_profile_set(a4j_trainer* trainer, int32_t on) {
  return guarded([&] {
    require_handle(trainer);
    trainer->profile().on = on != 0;
  });
}

a4j_status a4j_trainer_profile_read(a4j_trainer* trainer, char* json, int64_t capacity) {
  return guarded([&] {
    require_handle(trainer);
    std::string text = to_json(trainer->profile());
    require(static_cast<int64_t>(text.size()) < capacity, "the profile needs more room");
    std::strcpy(json, text.c_str());
  });
}

a4j_status a4j_trainer_steps_read(const a4j_trainer* trainer, int64_t* steps) {
  return guarded([&] {
    require_handle(trainer);
    *steps = trainer->steps;
  });
}

a4j_status a4j_trainer_steps_write(a4j_trainer* trainer, int64_t steps) {
  return guarded([&] {
    require_handle(trainer);
    require(steps >= 0, "the step count must be at least 0");
    trainer->steps = steps;
  });
}

a4j_status a4j_trainer_tensor_read(const a4j_trainer* trainer, int32_t kind, int32_t index, float* data,
                                   int64_t count) {
  return guarded([&] {
    const at::Tensor& flat = state_buffer(trainer, kind, index);
    read_tensor(trainer->model().view(flat, index), data, count);
  });
}

a4j_status a4j_trainer_tensor_write(a4j_trainer* trainer, int32_t kind, int32_t index, const float* data,
                                    int64_t count) {
  return guarded([&] {
    const at::Tensor& flat = state_buffer(trainer, kind, index);
    Values values = kind == A4J_ADAM_V ? Values::kRooted : Values::kAny;
    write_tensor(trainer->model().view(flat, index), data, count, values);
  });
}
