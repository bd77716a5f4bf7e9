// exp, log, log1p and tanh in double, without branches, so that compilers vectorise loops over them; the same bits on
// every instruction set and on GPUs: multiply-adds that round once are written out (processors without them, before
// 2013, call the C library's). Errors are a few units in the last place (loss_test). Polynomials are minimax (Remez).
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "ops/math/portable.h"

namespace a4j {

constexpr double kLn2 = 0.6931471805599453;

A4J_MATH uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

A4J_MATH double double_of(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// e^x for x up to 700; x below -700 counts as -700.
A4J_MATH double exp_of(double x) {
  constexpr double kLog2E = 1.4426950408889634, kLn2High = 0.6931471803691238, kLn2Low = 1.9082149292705877e-10;
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  x = x < -700 ? -700 : x;
  double shifted = fma(x, kLog2E, kRound), n = shifted - kRound;
  double r = fma(n, -kLn2Low, fma(n, -kLn2High, x));
  // e^r = 1 + r + r^2 p(r), |r| <= ln 2 / 2, to 4e-18.
  double p = 2.500006015471714e-08;
  p = fma(p, r, 2.763024809477825e-07);
  p = fma(p, r, 2.755758637755907e-06);
  p = fma(p, r, 2.480149309979877e-05);
  p = fma(p, r, 0.00019841269506575685);
  p = fma(p, r, 0.0013888888943629125);
  p = fma(p, r, 0.008333333333494463);
  p = fma(p, r, 0.04166666666653016);
  p = fma(p, r, 0.16666666666666413);
  p = fma(p, r, 0.5000000000000011);
  p = fma(p, r * r, r) + 1;
  return p * double_of((bits_of(shifted) + 1023) << 52);  // n stands in the low bits of `shifted`
}

// 2 artanh(w) = log((1 + w) / (1 - w)) for |w| <= 1/3, to 5e-17 of it.
A4J_MATH double twice_artanh(double w) {
  double t = w * w, p = 0.08874905200899923;
  p = fma(p, t, 0.049489289144130595);
  p = fma(p, t, 0.0679366662962037);
  p = fma(p, t, 0.07682091521302513);
  p = fma(p, t, 0.09091410637376995);
  p = fma(p, t, 0.11111096317957642);
  p = fma(p, t, 0.14285714531772498);
  p = fma(p, t, 0.19999999997997156);
  p = fma(p, t, 0.33333333333338944);
  return 2 * fma(w * t, p, w);
}

// log x, for x in [1, 2^1023]; NaN stays NaN.
A4J_MATH double log_of(double x) {
  constexpr uint64_t kRootHalf = 0x3fe6a09e667f3bcd, kExponent = 0x4330000000000000;  // sqrt(1/2); 2^52
  uint64_t exponent = (bits_of(x) - kRootHalf) >> 52;
  double m = double_of(bits_of(x) - (exponent << 52));  // x = m 2^exponent, m in [sqrt(1/2), sqrt 2)
  double n = double_of(exponent | kExponent) - double_of(kExponent);
  return x >= 1 ? fma(n, kLn2, twice_artanh((m - 1) / (m + 1))) : x;
}

// tanh x, to a few units of 1e-16.
A4J_MATH double tanh_of(double x) {
  double e = exp_of(x < 0 ? 2 * x : -2 * x), t = (1 - e) / (1 + e);
  return x < 0 ? -t : t;
}

}  // namespace a4j
