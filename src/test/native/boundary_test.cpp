// Every function of affect4j.h once as it should be used and once as it should not, without a JVM:
// what the sanitizers watch (CONTRIBUTING.md, "Native tests").
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "affect4j.h"
#include "free_port.h"

namespace {

constexpr int kCapacity = 4;
constexpr int kSize = 32;
const float kWeights[A4J_EXPRESSIONS] = {1, 1, 1, 1, 1, 1, 1, 1};
std::atomic<int> failures{0};  // ranks are threads here

void check(bool condition, const std::string& what) {
  if (condition) return;
  std::fprintf(stderr, "FAILED: %s (last error: %s)\n", what.c_str(), a4j_last_error());
  failures++;
}

void ok(a4j_status status, const std::string& what) { check(status == A4J_OK, what); }

void refused(a4j_status status, const std::string& what) {
  check(status == A4J_INVALID_ARGUMENT && std::strlen(a4j_last_error()) > 0, what + " is refused with a sentence");
}

template <typename T>
T* buffer(a4j_batch* batch, int32_t which, int64_t bytes) {
  void* data = nullptr;
  int64_t found = 0;
  ok(a4j_batch_buffer(batch, which, &data, &found), "batch buffer " + std::to_string(which));
  check(found == bytes, "size of batch buffer " + std::to_string(which));
  return static_cast<T*>(data);
}

// Writes all of every buffer, so that a sanitizer sees any that is too small.
void fill(a4j_batch* batch) {
  auto* images = buffer<uint8_t>(batch, A4J_BATCH_IMAGES, kCapacity * kSize * kSize * 3);
  for (int i = 0; i < kCapacity * kSize * kSize * 3; i++) images[i] = static_cast<uint8_t>(i * 31);
  auto* crops = buffer<float>(batch, A4J_BATCH_CROPS, kCapacity * 5 * sizeof(float));
  auto* va = buffer<float>(batch, A4J_BATCH_VA, kCapacity * 2 * sizeof(float));
  auto* expression = buffer<int8_t>(batch, A4J_BATCH_EXPRESSION, kCapacity);
  auto* units = buffer<int8_t>(batch, A4J_BATCH_ACTION_UNITS, kCapacity * A4J_ACTION_UNITS);
  for (int row = 0; row < kCapacity; row++) {
    const float crop[5] = {0, 0, kSize, kSize, static_cast<float>(row % 2)};
    std::memcpy(crops + 5 * row, crop, sizeof crop);
    va[2 * row] = row == 0 ? -5 : 0.2f * row;
    va[2 * row + 1] = row == 0 ? -5 : -0.1f * row;
    expression[row] = static_cast<int8_t>(row == 1 ? -1 : row);
    for (int unit = 0; unit < A4J_ACTION_UNITS; unit++) {
      units[row * A4J_ACTION_UNITS + unit] = static_cast<int8_t>((row + unit) % 3 - 1);
    }
  }
}

void runtime() {
  char json[4096];
  ok(a4j_runtime_describe(json, sizeof json), "describe");
  check(json[0] == '{', "the description is a JSON object");
  refused(a4j_runtime_describe(json, 4), "a description in four bytes");
  ok(a4j_threads_set(3), "threads");
  std::thread([&] {
    ok(a4j_runtime_describe(json, sizeof json), "describe on another thread");
    check(std::strstr(json, "\"threads\":3,") != nullptr, "the threads are those of all callers");
  }).join();
  ok(a4j_threads_set(2), "threads");
  refused(a4j_threads_set(0), "zero threads");
}

void tensors(a4j_model* model) {
  int32_t count = 0;
  ok(a4j_model_tensor_count(model, &count), "tensor count");
  check(count == 53 + 4 * 53 + 6, "53 convolutions, 53 batch norms and 3 heads with bias");
  for (int32_t i = 0; i < count; i++) {
    char name[64];
    int64_t shape[4];
    int32_t rank = 0, trainable = -1;
    ok(a4j_model_tensor_info(model, i, name, shape, &rank, &trainable), "tensor info");
    int64_t elements = shape[0] * shape[1] * shape[2] * shape[3];
    std::vector<float> values(elements);
    ok(a4j_model_tensor_read(model, i, values.data(), elements), std::string("read of ") + name);
    ok(a4j_model_tensor_write(model, i, values.data(), elements), std::string("write of ") + name);
    refused(a4j_model_tensor_read(model, i, values.data(), elements + 1), "a read of another length");
    values[0] = -1;
    a4j_status status = a4j_model_tensor_write(model, i, values.data(), elements);
    if (std::string(name).find("running_var") == std::string::npos) {
      ok(status, std::string("a value below 0 in ") + name);
    } else {
      refused(status, "a variance below 0");
    }
  }
  float nan = NAN;
  refused(a4j_model_tensor_write(model, 0, &nan, 1), "a write of another length");
  char name[64];
  int64_t shape[4];
  int32_t rank, trainable;
  refused(a4j_model_tensor_info(model, count, name, shape, &rank, &trainable), "a tensor beyond the last");
}

void training(a4j_model* model, a4j_batch* batch) {
  a4j_trainer* trainer = nullptr;
  ok(a4j_trainer_new(model, kWeights, 1, 0, 0.9f, 0.999f, 1e-8f, 1e-4f, &trainer), "trainer");
  refused(a4j_trainer_step(trainer, batch, kCapacity + 1, 1e-4f), "more rows than the batch holds");
  ok(a4j_trainer_step(trainer, batch, kCapacity, 1e-4f), "step");
  ok(a4j_trainer_step(trainer, batch, 2, 1e-4f), "step of fewer rows");
  double values[A4J_LOSS_VALUES];
  ok(a4j_trainer_read(trainer, values), "read of the losses");
  for (double value : values) check(std::isfinite(value), "the losses are finite");
  int64_t steps = 0;
  ok(a4j_trainer_steps_read(trainer, &steps), "steps");
  check(steps == 2, "two steps were done");
  ok(a4j_trainer_steps_write(trainer, 7), "write of the steps");
  char name[64];
  int64_t shape[4];
  int32_t rank = 0, trainable = 0;
  ok(a4j_model_tensor_info(model, 0, name, shape, &rank, &trainable), "tensor info");
  int64_t elements = shape[0] * shape[1] * shape[2] * shape[3];
  std::vector<float> state(elements);
  for (int32_t kind : {A4J_GRADIENT, A4J_ADAM_M, A4J_ADAM_V}) {
    ok(a4j_trainer_tensor_read(trainer, kind, 0, state.data(), elements), "read of the optimizer");
    ok(a4j_trainer_tensor_write(trainer, kind, 0, state.data(), elements), "write of the optimizer");
  }
  state[0] = -1;
  refused(a4j_trainer_tensor_write(trainer, A4J_ADAM_V, 0, state.data(), elements), "a mean of squares below 0");
  refused(a4j_trainer_tensor_read(trainer, 9, 0, state.data(), elements), "a kind of tensor that is none");
  refused(a4j_trainer_engine_set(trainer, 2), "an engine that is none");
  ok(a4j_trainer_engine_set(trainer, A4J_ENGINE_AUTOGRAD), "the autograd engine");
  ok(a4j_trainer_step(trainer, batch, kCapacity, 1e-4f), "a step by autograd");
  ok(a4j_trainer_engine_set(trainer, A4J_ENGINE_FUSED), "the fused engine");
  ok(a4j_trainer_step(trainer, batch, kCapacity, 1e-4f), "a fused step");
  int32_t wishes = 0;
  refused(a4j_trainer_stop_wish(trainer, 1, &wishes), "a wish to stop without other ranks");
  refused(a4j_trainer_share_statistics(trainer), "statistics for other ranks without any");
  refused(a4j_trainer_join(trainer, nullptr, 0), "joining a communicator that is NULL");
  a4j_trainer_free(trainer);
}

void prediction(a4j_model* model, a4j_batch* batch) {
  refused(a4j_model_predict(model, batch, 0), "a prediction of no row");
  ok(a4j_model_predict(model, batch, kCapacity), "prediction");
  auto* logits = buffer<float>(batch, A4J_BATCH_LOGITS, kCapacity * A4J_OUTPUTS * sizeof(float));
  for (int i = 0; i < kCapacity * A4J_OUTPUTS; i++) check(std::isfinite(logits[i]), "the logits are finite");
}

// Steps and predictions on rows of a set have the same bits as on copies of its images.
void images_in_a_set(a4j_model* model, a4j_batch* batch) {
  constexpr int64_t kImage = kSize * kSize * 3, kIndices[kCapacity] = {2, 0, 2, 1};
  auto* copies = buffer<uint8_t>(batch, A4J_BATCH_IMAGES, kCapacity * kImage);
  std::vector<uint8_t> first(2 * kImage), second(kImage);
  for (size_t i = 0; i < first.size(); i++) first[i] = static_cast<uint8_t>(i * 37 >> 2);
  for (size_t i = 0; i < second.size(); i++) second[i] = static_cast<uint8_t>(i * 11 >> 1);

  a4j_images* images = nullptr;
  refused(a4j_images_new(model, 0, kSize, kSize, kCapacity, &images), "a set of no images");
  refused(a4j_images_new(model, 3, 31, kSize, kCapacity, &images), "a set of images that are too small");
  refused(a4j_images_new(model, 3, kSize, kSize, 0, &images), "a set for steps of no image");
  ok(a4j_images_new(model, 3, kSize, kSize, kCapacity, &images), "a set of images");
  ok(a4j_images_append(images, first.data(), 2), "two images");
  a4j_batch* of_set = nullptr;
  refused(a4j_batch_new_of(images, 0, &of_set), "an empty batch of a set");
  ok(a4j_batch_new_of(images, kCapacity, &of_set), "a batch of a set");
  void* data = nullptr;
  int64_t bytes = 0;
  refused(a4j_batch_buffer(of_set, A4J_BATCH_IMAGES, &data, &bytes), "the images of a batch that has none");
  refused(a4j_batch_buffer(batch, A4J_BATCH_INDICES, &data, &bytes), "the indices of a batch that has none");
  for (int32_t which : {A4J_BATCH_CROPS, A4J_BATCH_VA, A4J_BATCH_EXPRESSION, A4J_BATCH_ACTION_UNITS}) {
    ok(a4j_batch_buffer(batch, which, &data, &bytes), "a buffer to copy");
    std::memcpy(buffer<uint8_t>(of_set, which, bytes), data, bytes);
  }
  std::memcpy(buffer<int64_t>(of_set, A4J_BATCH_INDICES, sizeof kIndices), kIndices, sizeof kIndices);
  for (int i = 0; i < kCapacity; i++) {
    const uint8_t* image = kIndices[i] == 2 ? second.data() : first.data() + kIndices[i] * kImage;
    std::memcpy(copies + i * kImage, image, kImage);
  }
  refused(a4j_model_predict(model, of_set, kCapacity), "an index whose image is not there yet");
  ok(a4j_images_append(images, second.data(), 1), "a third image");
  refused(a4j_images_append(images, second.data(), 1), "an image more than there is room for");

  std::vector<float> logits[2], gradients[2];
  a4j_batch* batches[2] = {batch, of_set};
  for (int i = 0; i < 2; i++) {
    ok(a4j_model_predict(model, batches[i], kCapacity), "prediction");
    auto* found = buffer<float>(batches[i], A4J_BATCH_LOGITS, kCapacity * A4J_OUTPUTS * sizeof(float));
    logits[i].assign(found, found + kCapacity * A4J_OUTPUTS);
  }
  for (int i = 0; i < 2; i++) {  // a step changes the running statistics that predictions use
    a4j_trainer* trainer = nullptr;
    ok(a4j_trainer_new(model, kWeights, 1, 0, 0.9f, 0.999f, 1e-8f, 1e-4f, &trainer), "trainer");
    ok(a4j_trainer_step(trainer, batches[i], kCapacity, 0), "step");
    gradients[i].resize(64 * 3 * 7 * 7);
    ok(a4j_trainer_tensor_read(trainer, A4J_GRADIENT, 0, gradients[i].data(), gradients[i].size()), "gradient");
    a4j_trainer_free(trainer);
  }
  check(logits[0] == logits[1], "the same logits from a set");
  check(gradients[0] == gradients[1], "the same gradient from a set");
  a4j_batch_free(of_set);
  a4j_images_free(images);
}

void doors() {
  std::vector<float> logits(2 * A4J_OUTPUTS, 0.1f), gradient(2 * A4J_OUTPUTS);
  const float va[4] = {0.5f, 0.1f, -0.5f, 0.3f};
  const int8_t expression[2] = {3, -1};
  std::vector<int8_t> units(2 * A4J_ACTION_UNITS, 1);
  double values[A4J_LOSS_VALUES];
  for (int32_t rows : {0, 2}) {
    ok(a4j_loss(7, rows, logits.data(), va, expression, units.data(), kWeights, 1, 0, values, gradient.data()), "loss");
    check(std::isfinite(values[A4J_LOSS_TOTAL]), "the loss is finite");
  }
  std::vector<uint8_t> image(kSize * kSize * 3, 128);
  std::vector<float> out(image.size());
  const float crop[5] = {3, 2, 20, 11, 1};
  ok(a4j_augment(1, kSize, kSize, image.data(), crop, out.data()), "augmentation");
  check(std::isfinite(out.back()), "pixels are finite");
  const float outside[5] = {3, 2, kSize, 11, 1};
  refused(a4j_augment(1, kSize, kSize, image.data(), outside, out.data()), "a crop outside the image");
  std::vector<float> x(2 * 5 * 4 * 3, 0.5f), scale(3, 2), shift(3, -0.25f), w(8 * 3 * 3 * 3, 0.125f), y(2 * 3 * 2 * 8);
  std::vector<double> mean(8), variance(8);
  auto convolution = [&](int kernel, int stride) {
    return a4j_norm_relu_conv(2, 5, 4, 3, 8, kernel, stride, x.data(), scale.data(), shift.data(), w.data(), y.data(),
                              mean.data(), variance.data());
  };
  ok(convolution(3, 2), "a convolution");
  check(y[0] == 4 * 3 * 0.75f * 0.125f, "a corner's value is that of four of nine taps");
  check(mean[0] > y[0] && variance[0] > 0, "the rest is larger");
  refused(convolution(5, 1), "a kernel of 5");
  refused(convolution(3, 3), "a stride of 3");
  float slope = 0.5f, m = 0, v = 0, weight = 1;
  ok(a4j_adam(1, 1, 0.1f, 0.9f, 0.999f, 1e-8f, 0, &slope, &m, &v, &weight), "Adam");
  check(std::abs(weight - 0.9f) < 1e-6f, "Adam's first step is the learning rate");
  refused(a4j_adam(1, 0, 0.1f, 0.9f, 0.999f, 1e-8f, 0, &slope, &m, &v, &weight), "Adam's step 0");
}

void jpegs() {
  const char* folder = std::getenv("A4J_JPEGS");
  std::ifstream in(std::string(folder == nullptr ? "." : folder) + "/422.jpg", std::ios::binary);
  std::vector<char> content(std::istreambuf_iterator<char>(in), {});
  auto* file = reinterpret_cast<const uint8_t*>(content.data());
  auto bytes = static_cast<int64_t>(content.size());
  int32_t height = -1, width = -1;
  refused(a4j_jpeg_size(nullptr, 5, &height, &width), "a file that is NULL");
  refused(a4j_jpeg_size(file, 0, &height, &width), "a file of no bytes");
  refused(a4j_jpeg_size(file, bytes / 10, &height, &width), "a file that ends in its header");
  check(height == -1 && width == -1, "a size is untouched on failure");
  ok(a4j_jpeg_size(file, bytes, &height, &width), "a size");
  check(height == 40 && width == 48, "the size is 48 x 40");
  std::vector<uint8_t> pixels(height * width * 3);
  refused(a4j_jpeg_decode(file, bytes, height, width + 1, pixels.data()), "another size");
  refused(a4j_jpeg_decode(file, bytes, 31, width, pixels.data()), "a size that no image has");
  refused(a4j_jpeg_decode(file, bytes - 1, height, width, pixels.data()), "a file without its last byte");
  ok(a4j_jpeg_decode(file, bytes, height, width, pixels.data()), "an image");
  check(pixels[0] > 200 && pixels[1] < 60 && pixels.back() > 200, "its first corner is red, its last blue");
}

void rank_of_two(int rank, int port) {
  a4j_communicator* communicator = nullptr;
  ok(a4j_communicator_new("127.0.0.1", port, 0, "0", rank, 2, 300, &communicator), "communicator");
  ok(a4j_communicator_require_same(communicator, "options", "the same"), "agreement");
  int64_t number = 40 + rank;
  ok(a4j_communicator_broadcast(communicator, &number, sizeof number), "broadcast");
  float sum = 1.5f;
  ok(a4j_communicator_sum(communicator, &sum, 1), "sum");
  check(number == 40 && sum == 3, "rank 0's bytes, and a sum over both");
  refused(a4j_communicator_sum(communicator, &sum, -1), "a negative count");

  a4j_model* model = nullptr;
  a4j_trainer* trainer = nullptr;
  a4j_batch* batch = nullptr;
  ok(a4j_model_new(A4J_TASK_VA, A4J_FP32, -1, rank, &model), "a rank's model");
  ok(a4j_trainer_new(model, kWeights, 1, 0, 0.9f, 0.999f, 1e-8f, 1e-4f, &trainer), "a rank's trainer");
  ok(a4j_batch_new(kCapacity, kSize, kSize, &batch), "a rank's batch");
  fill(batch);
  ok(a4j_trainer_join(trainer, communicator, 0), "join");
  int32_t wishes = -1;
  refused(a4j_trainer_engine_set(trainer, A4J_ENGINE_AUTOGRAD), "an engine of a trainer that has joined ranks");
  ok(a4j_trainer_stop_wish(trainer, rank, &wishes), "a rank's wish to stop");
  ok(a4j_trainer_step(trainer, batch, 2, 1e-4f), "a shared step");
  ok(a4j_trainer_stop_wish(trainer, 0, &wishes), "the ranks' wishes to stop");
  check(wishes == 1, "one of two ranks wished to stop");
  double values[A4J_LOSS_VALUES];
  ok(a4j_trainer_read(trainer, values), "losses of a shared step");
  check(values[A4J_VALID_VA] == 2, "labelled rows of both ranks");
  ok(a4j_trainer_share_statistics(trainer), "statistics of rank 0");
  a4j_batch_free(batch);
  a4j_trainer_free(trainer);
  a4j_model_free(model);
  a4j_communicator_free(communicator);
}

void ranks() {
  a4j_communicator* none = nullptr;
  refused(a4j_communicator_new("127.0.0.1", 0, 0, "0", 0, 2, 1, &none), "port 0");
  refused(a4j_communicator_new("127.0.0.1", 1, 0, "0", 0, 1, 1, &none), "a world of one");
  refused(a4j_communicator_new("127.0.0.1", 1, 0, "0", 2, 2, 1, &none), "a rank outside the world");
  refused(a4j_communicator_new("127.0.0.1", 1, 0, "0", 0, 2, 0, &none), "no time at all");
  refused(a4j_communicator_require_same(none, "options", ""), "a communicator that is NULL");
  int port = a4j_test::free_port();
  check(port > 0, "a free port");
  std::thread other(rank_of_two, 1, port);
  rank_of_two(0, port);
  other.join();
}

}  // namespace

// A variable that chooses, with a value that means nothing.
void environment() {
  a4j_model* model = nullptr;
  setenv("AFFECT4J_ISA", "avx1024", 1);
  refused(a4j_model_new(7, A4J_FP32, -1, 1, &model), "an unknown instruction set");
  check(std::strstr(a4j_last_error(), "avx512, avx2, generic, got 'avx1024'") != nullptr, "the sentence says which are");
  unsetenv("AFFECT4J_ISA");
  ok(a4j_model_new(7, A4J_FP32, -1, 1, &model), "model");
  const float weights[8] = {1, 1, 1, 1, 1, 1, 1, 1};
  a4j_trainer* trainer = nullptr;
  setenv("AFFECT4J_ENGINE", "fast", 1);
  refused(a4j_trainer_new(model, weights, 1, 0, 0.9f, 0.999f, 1e-8f, 0, &trainer), "an unknown engine");
  unsetenv("AFFECT4J_ENGINE");
  a4j_model_free(model);
}

int main() {
  environment();
  runtime();
  a4j_batch* batch = nullptr;
  refused(a4j_batch_new(0, kSize, kSize, &batch), "an empty batch");
  check(batch == nullptr, "an out-parameter is untouched on failure");
  ok(a4j_batch_new(kCapacity, kSize, kSize, &batch), "batch");
  fill(batch);
  a4j_model* model = nullptr;
  refused(a4j_model_new(0, A4J_FP32, -1, 1, &model), "a model without a task");
  for (int32_t dtype : {A4J_FP32, A4J_BF16}) {
    ok(a4j_model_new(7, dtype, -1, 1, &model), "model");
    tensors(model);
    training(model, batch);
    prediction(model, batch);
    images_in_a_set(model, batch);
    a4j_model_free(model);
  }
  doors();
  jpegs();
  ranks();
  a4j_batch_free(batch);
  a4j_batch_free(nullptr);
  a4j_images_free(nullptr);
  a4j_model_free(nullptr);
  a4j_trainer_free(nullptr);
  a4j_communicator_free(nullptr);
  std::printf(failures == 0 ? "boundary_test: all passed\n" : "boundary_test: %d failed\n", failures.load());
  return failures == 0 ? 0 : 1;
}
