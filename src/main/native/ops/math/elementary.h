// exp and log1p in double, without branches, so that compilers vectorise loops over them; the same bits on every
// instruction set. Errors are a few units in the last place (loss_test).
#pragma once

#include <cstdint>
#include <cstring>

#include "ops/math/portable.h"

namespace a4j {

// e^x; x below -700 counts as -700, above 700 as 700.
A4J_MATH double exp_of(double x) {
  constexpr double kLog2E = 1.4426950408889634, kLn2High = 0.6931471803691238, kLn2Low = 1.9082149292705877e-10;
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  x = x < -700 ? -700 : x;
  x = x > 700 ? 700 : x;
  double shifted = x * kLog2E + kRound, n = shifted - kRound;
  double r = (x - n * kLn2High) - n * kLn2Low;
  // Taylor's polynomial: |r| <= ln 2 / 2.
  double p = 1.0 / 6227020800;
  p = p * r + 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 1.0 / 2;
  p = p * r + 1;
  p = p * r + 1;
  // 2^n: n stands in the low bits of `shifted`.
  uint64_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 1023) << 52;
  double power;
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

// log(1 + x) for x in [0, 1]: 2 artanh(x / (2 + x)), or log 2 + 2 artanh((x - 1) / (x + 3)) where x is nearer to 1.
A4J_MATH double log1p_of(double x) {
  constexpr double kLn2 = 0.6931471805599453;
  bool far = x > 0.41;
  double s = (far ? x - 1 : x) / (far ? x + 3 : x + 2), t = s * s;  // t < 0.03
  double p = 1.0 / 23;
  p = p * t + 1.0 / 21;
  p = p * t + 1.0 / 19;
  p = p * t + 1.0 / 17;
  p = p * t + 1.0 / 15;
  p = p * t + 1.0 / 13;
  p = p * t + 1.0 / 11;
  p = p * t + 1.0 / 9;
  p = p * t + 1.0 / 7;
  p = p * t + 1.0 / 5;
  p = p * t + 1.0 / 3;
  p = p * t + 1;
  return (far ? kLn2 : 0) + 2 * s * p;
}

// tanh x, to a few units of 1e-16.
A4J_MATH double tanh_of(double x) {
  double e = exp_of(x < 0 ? 2 * x : -2 * x), t = (1 - e) / (1 + e);
  return x < 0 ? -t : t;
}

}  // namespace a4j
