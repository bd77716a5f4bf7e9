// adam() against Kingma and Ba's algorithm 1 with L2 weight decay (torch.optim.Adam) in double.
#include "ops/adam.h"

#include <omp.h>

#include "check.h"

using namespace a4j_test;

namespace {

constexpr int kSteps = 20;
constexpr int64_t kCount = 3 * 16384 + 7;  // not a multiple of the kernel's chunk

struct Trajectory {
  std::vector<float> weights, m, v;
};

// Gradients of a step: ordinary ones, and exact zeros, tiny and huge ones at fixed places.
std::vector<float> gradients(int step) {
  Random random(100 + step);
  std::vector<float> g = normal(random, kCount, 0, 0.1);
  for (int64_t i = 0; i < kCount; i += 5) g[i] = 0;
  for (int64_t i = 1; i < kCount; i += 7) g[i] = 1e-25f;
  for (int64_t i = 2; i < kCount; i += 11) g[i] = 1e6f * (i % 2 ? 1 : -1);
  return g;
}

Trajectory start() {
  Random random(1);
  return {normal(random, kCount), std::vector<float>(kCount), std::vector<float>(kCount)};
}

Trajectory ours(const a4j::AdamOptions& options, float learning_rate, int threads) {
  omp_set_num_threads(threads);
  Trajectory t = start();
  for (int step = 1; step <= kSteps; step++) {
    std::vector<float> g = gradients(step);
    a4j::adam(options, learning_rate, step, kCount, g.data(), t.m.data(), t.v.data(), t.weights.data());
  }
  return t;
}

// Worst difference of the weights in units of the learning rate, which bounds one step's length.
void compare(const a4j::AdamOptions& o, float learning_rate, const std::string& what) {
  Trajectory t = ours(o, learning_rate, 2), first = start();
  std::vector<double> weights(first.weights.begin(), first.weights.end()), m(kCount), v(kCount);
  double beta1 = o.beta1, beta2 = o.beta2;
  for (int step = 1; step <= kSteps; step++) {
    std::vector<float> gradient = gradients(step);
    for (int64_t i = 0; i < kCount; i++) {
      double g = gradient[i] + static_cast<double>(o.weight_decay) * weights[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      double corrected_m = m[i] / (1 - std::pow(beta1, step)), corrected_v = v[i] / (1 - std::pow(beta2, step));
      weights[i] -= learning_rate * corrected_m / (std::sqrt(corrected_v) + o.epsilon);
    }
  }
  double moved = 0, off = 0;
  for (int64_t i = 0; i < kCount; i++) {
    off = std::max(off, std::abs(t.weights[i] - weights[i]) - kSteps * 1.2e-7 * std::abs(weights[i]));
    moved = std::max(moved, std::abs(weights[i] - first.weights[i]));
  }
  check(off <= 1e-3 * learning_rate, what + ": weights are off by " + std::to_string(off / learning_rate) + " rates");
  check(learning_rate == 0 || moved > learning_rate, what + ": the weights move");
  check_error(error(t.m.data(), m.data(), kCount), 1e-5, what + ", first moment");
  check_error(error(t.v.data(), v.data(), kCount), 1e-5, what + ", second moment");
}

void same_for_any_threads() {
  a4j::AdamOptions options{0.9f, 0.999f, 1e-8f, 1e-4f};
  Trajectory one = ours(options, 1e-3f, 1), two = ours(options, 1e-3f, 2), three = ours(options, 1e-3f, 3);
  check(same_bits(one.weights, two.weights) && same_bits(one.weights, three.weights),
        "Adam: same bits on 1, 2, 3 threads");
}

void rate_zero_moves_nothing() {
  Trajectory t = ours({0.9f, 0.999f, 1e-8f, 1e-4f}, 0, 2);
  check(same_bits(t.weights, start().weights), "Adam at learning rate 0 leaves the weights alone");
}

}  // namespace

int main() {
  compare({0.9f, 0.999f, 1e-8f, 0}, 1e-3f, "no weight decay");
  compare({0.9f, 0.999f, 1e-8f, 1e-4f}, 5e-5f, "the paper's options");
  compare({0.9f, 0.999f, 1e-8f, 0.1f}, 1e-2f, "strong weight decay");
  compare({0, 0, 1e-3f, 0}, 1e-3f, "no memory");
  compare({0.5f, 0.9f, 1e-4f, 1e-2f}, 1e-3f, "short memory");
  same_for_any_threads();
  rate_zero_moves_nothing();
  return report("adam_test");
}
