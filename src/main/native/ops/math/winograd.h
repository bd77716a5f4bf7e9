// The one-dimensional transforms of Winograd's F(m, 3): m outputs of a 3-tap filter from m + 2 inputs with
// m + 2 products. V is a number or a vector of numbers.
#pragma once

namespace a4j::winograd {

constexpr int kTaps = 3;

// Two outputs, by the points 0, 1, -1 and infinity.
struct F2 {
  static constexpr int kOutputs = 2, kPoints = kOutputs + kTaps - 1;

  // What the weights' two dimensions have to be multiplied with, since each holds a factor 2.
  static constexpr float kWeightsFactor = 0.25f;

  // B^T d: inputs to points.
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

  // A^T m: points to outputs.
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

  // 2 G g: taps to points. With the factor 2 no point is halved twice over.
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

  // 2 G^T du: points to taps.
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
};

// Four outputs, by the points 0, +-a, +-b and infinity with a = sqrt(1/2), b = sqrt(2). Their powers lie closer
// together than those of the usual 0, +-1, +-2, and with them the error: 2.6e-6 instead of 1.1e-5 of the largest
// output of 256 channels.
struct F4 {
  static constexpr int kOutputs = 4, kPoints = kOutputs + kTaps - 1;
  static constexpr float kWeightsFactor = 1;

  static constexpr float kA = 0.70710678f, kB = 1.41421356f;
  static constexpr float kA2 = 0.5f, kB2 = 2;              // squared
  static constexpr float kA3 = 0.35355339f, kB3 = 2.82842712f;  // to the third power
  static constexpr float kWeightA = -2.0f / 3, kWeightB = 1.0f / 6;  // 1 / (2 a^2 (a^2 - b^2)), 1 / (2 b^2 (b^2 - a^2))

  // What is even + odd at a and b, and even - odd at -a and -b.
  template <typename V>
  static void at_points(V even_a, V odd_a, V even_b, V odd_b, V (&v)[kPoints]) {
    v[1] = even_a + odd_a;
    v[2] = even_a - odd_a;
    v[3] = even_b + odd_b;
    v[4] = even_b - odd_b;
  }

  struct Input {
    static constexpr int kFrom = kPoints, kTo = kPoints;
    template <typename V>
    static void apply(const V (&d)[kFrom], V (&v)[kTo]) {
      V even_a = d[4] - kB2 * d[2], odd_a = kA * (d[3] - kB2 * d[1]);
      V even_b = d[4] - kA2 * d[2], odd_b = kB * (d[3] - kA2 * d[1]);
      v[0] = d[0] + d[4] - (kA2 + kB2) * d[2];
      at_points(even_a, odd_a, even_b, odd_b, v);
      v[5] = d[1] + d[5] - (kA2 + kB2) * d[3];
    }
  };

  struct Output {
    static constexpr int kFrom = kPoints, kTo = kOutputs;
    template <typename V>
    static void apply(const V (&m)[kFrom], V (&y)[kTo]) {
      V even_a = m[1] + m[2], odd_a = m[1] - m[2], even_b = m[3] + m[4], odd_b = m[3] - m[4];
      y[0] = m[0] + even_a + even_b;
      y[1] = kA * odd_a + kB * odd_b;
      y[2] = kA2 * even_a + kB2 * even_b;
      y[3] = kA3 * odd_a + kB3 * odd_b + m[5];
    }
  };

  struct OutputGradient {
    static constexpr int kFrom = kOutputs, kTo = kPoints;
    template <typename V>
    static void apply(const V (&dy)[kFrom], V (&dm)[kTo]) {
      V even_a = dy[0] + kA2 * dy[2], odd_a = kA * dy[1] + kA3 * dy[3];
      V even_b = dy[0] + kB2 * dy[2], odd_b = kB * dy[1] + kB3 * dy[3];
      dm[0] = dy[0];
      at_points(even_a, odd_a, even_b, odd_b, dm);
      dm[5] = dy[3];
    }
  };

  struct Weights {
    static constexpr int kFrom = kTaps, kTo = kPoints;
    template <typename V>
    static void apply(const V (&g)[kFrom], V (&u)[kTo]) {
      V even_a = kWeightA * (g[0] + kA2 * g[2]), odd_a = kWeightA * kA * g[1];
      V even_b = kWeightB * (g[0] + kB2 * g[2]), odd_b = kWeightB * kB * g[1];
      u[0] = g[0];
      at_points(even_a, odd_a, even_b, odd_b, u);
      u[5] = g[2];
    }
  };

  struct WeightsGradient {
    static constexpr int kFrom = kPoints, kTo = kTaps;
    template <typename V>
    static void apply(const V (&du)[kFrom], V (&dg)[kTo]) {
      V even_a = kWeightA * (du[1] + du[2]), odd_a = kWeightA * kA * (du[1] - du[2]);
      V even_b = kWeightB * (du[3] + du[4]), odd_b = kWeightB * kB * (du[3] - du[4]);
      dg[0] = du[0] + even_a + even_b;
      dg[1] = odd_a + odd_b;
      dg[2] = kA2 * even_a + kB2 * even_b + du[5];
    }
  };
};

}  // namespace a4j::winograd
