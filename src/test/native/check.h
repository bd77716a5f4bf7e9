// What the native tests share: counted checks, comparisons with a reference in double, seeded inputs.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace a4j_test {

inline int failures = 0;
inline int checks = 0;

inline void check(bool condition, const std::string& what) {
  checks++;
  if (condition) return;
  failures++;
  std::fprintf(stderr, "FAILED: %s\n", what.c_str());
}

// Largest difference between ours and the reference, in units of the reference's largest magnitude
// (or of `floor`, if that is larger). A NaN on either side is an infinite error.
template <typename A, typename B>
double error(const A* ours, const B* reference, int64_t count, double floor = 0) {
  double largest = floor, difference = 0;
  for (int64_t i = 0; i < count; i++) {
    double a = static_cast<double>(ours[i]), b = static_cast<double>(reference[i]);
    if (!(std::abs(a - b) < INFINITY)) return INFINITY;
    largest = std::max(largest, std::abs(b));
    difference = std::max(difference, std::abs(a - b));
  }
  return difference == 0 ? 0 : difference / largest;
}

inline void check_error(double error, double bound, const std::string& what) {
  check(error <= bound,
        what + ": error " + std::to_string(error / bound) + " times the bound of " + std::to_string(bound));
}

template <typename T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

using Random = std::mt19937;

inline std::vector<float> normal(Random& random, int64_t count, double mean = 0, double deviation = 1) {
  std::normal_distribution<double> draw(mean, deviation);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(draw(random));
  return values;
}

inline std::vector<float> uniform(Random& random, int64_t count, double low, double high) {
  std::uniform_real_distribution<double> draw(low, high);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(draw(random));
  return values;
}

inline int below(Random& random, int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); }

// The exit status of a test's main().
inline int report(const char* name) {
  std::printf("%s: %d of %d checks failed\n", name, failures, checks);
  return failures == 0 && checks > 0 ? 0 : 1;
}

}  // namespace a4j_test
