// The one-dimensional transforms of Winograd's F(2, 3): two outputs of a 3-tap filter from four inputs
// with four products. V is a number or a vector of numbers.
#pragma once

namespace a4j::winograd {

constexpr int kTaps = 3;
constexpr int kOutputs = 2;
constexpr int kPoints = kOutputs + kTaps - 1;

// B^T d: inputs [4] to points [4].
struct Input {
  static constexpr int kFrom = kPoints, kTo = kPoints;
  template <typename V>
  static void apply(const V (&d)[kFrom], V (&v)[kTo]) {
    v[0] = d[0] - d[2];
    v[1] = d[1] + d[2];
    v[2] = d[2] - d[1];
    v[3] = d[1] - d[3];
  }
};

// A^T m: points [4] to outputs [2].
struct Output {
  static constexpr int kFrom = kPoints, kTo = kOutputs;
  template <typename V>
  static void apply(const V (&m)[kFrom], V (&y)[kTo]) {
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] - m[3];
  }
};

// A dy, the gradient by the points from that by the outputs.
struct OutputGradient {
  static constexpr int kFrom = kOutputs, kTo = kPoints;
  template <typename V>
  static void apply(const V (&dy)[kFrom], V (&dm)[kTo]) {
    dm[0] = dy[0];
    dm[1] = dy[0] + dy[1];
    dm[2] = dy[0] - dy[1];
    dm[3] = -dy[1];
  }
};

// 2 G g: taps [3] to points [4]. With the factor 2 no point is halved twice over.
struct Weights {
  static constexpr int kFrom = kTaps, kTo = kPoints;
  template <typename V>
  static void apply(const V (&g)[kFrom], V (&u)[kTo]) {
    V even = g[0] + g[2];
    u[0] = g[0] + g[0];
    u[1] = even + g[1];
    u[2] = even - g[1];
    u[3] = g[2] + g[2];
  }
};

// 2 G^T du: points [4] to taps [3].
struct WeightsGradient {
  static constexpr int kFrom = kPoints, kTo = kTaps;
  template <typename V>
  static void apply(const V (&du)[kFrom], V (&dg)[kTo]) {
    V even = du[1] + du[2];
    dg[0] = du[0] + du[0] + even;
    dg[1] = du[1] - du[2];
    dg[2] = even + du[3] + du[3];
  }
};

// What the two dimensions' factors 2 have to be multiplied with.
constexpr float kWeightsFactor = 0.25f;

}  // namespace a4j::winograd
