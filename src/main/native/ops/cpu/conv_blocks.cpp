#include "ops/cpu/conv_blocks.h"

#include <omp.h>

#include "ops/cpu/isa.h"

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

namespace a4j {

namespace {

constexpr int64_t kManyOutputs = 512;        // that read a panel: a copy in the L1 cache is worth its while
constexpr int64_t kPartialFloats = 1 << 19;  // of all parts of a weight gradient, where two suffice

#ifdef __SSE2__
void transpose4(const float* from, int64_t ld_from, float* to, int64_t ld_to) {
  __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + ld_from), c = _mm_loadu_ps(from + 2 * ld_from),
         d = _mm_loadu_ps(from + 3 * ld_from);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  _mm_storeu_ps(to, a);
  _mm_storeu_ps(to + ld_to, b);
  _mm_storeu_ps(to + 2 * ld_to, c);
  _mm_storeu_ps(to + 3 * ld_to, d);
}
#else
void transpose4(const float* from, int64_t ld_from, float* to, int64_t ld_to) {
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 4; j++) to[j * ld_to + i] = from[i * ld_from + j];
  }
}
#endif

}  // namespace

alignas(64) const float kZeros[kMaxChannels] = {};

const ConvKernels& conv_kernels(bool bf16) {
  switch (cpu_isa()) {
    case Isa::kAmx:
      return bf16 ? conv_kernels_amx() : conv_kernels_avx512(false);
    case Isa::kAvx512Bf16:
      return bf16 ? conv_kernels_avx512_bf16() : conv_kernels_avx512(false);
    case Isa::kAvx512:
      return conv_kernels_avx512(bf16);
    case Isa::kAvx2:
      return conv_kernels_avx2(bf16);
    default:
      return conv_kernels_generic(bf16);
  }
}

void transpose(const float* from, int64_t ld_from, int rows, int columns, float* to, int64_t ld_to) {
  for (int i = 0; i < rows; i += 4) {
    for (int j = 0; j < columns; j += 4) transpose4(from + i * ld_from + j, ld_from, to + j * ld_to + i, ld_to);
  }
}

void multiply_panel(const ConvKernels& kernels, int count, int depth, const float* const* rows, int64_t offset,
                    const float* panel, float* c, int64_t ldc, bool accumulate, const Ahead& ahead) {
  if (kernels.multiply_matrix != nullptr) {
    return kernels.multiply_matrix(count, depth, rows, offset, panel, c, ldc, accumulate, ahead);
  }
  // About equal tiles: one of a single row would take two thirds of the time of one of six.
  int tiles = (count + kTile - 1) / kTile, least = count / tiles, larger = count % tiles;
  const char* begin = ahead.begin;
  int64_t piece = round_up((ahead.end - ahead.begin) / tiles, 64);
  for (int t = 0, r = 0; t < tiles; t++, begin += piece) {
    int size = t < larger ? least + 1 : least, next = r + size;
    const float* const* far = ahead.rows != nullptr && next + size <= count ? ahead.rows + next : nullptr;
    kernels.multiply[size - 1](depth, rows + r, offset, panel, c + r * ldc, ldc, accumulate,
                               {begin, std::min(begin + piece, ahead.end), far});
    r = next;
  }
}

void pack_rows(const ConvKernels& kernels, const float* rows, int64_t ld_rows, int count, int width, float* words,
               int64_t ld) {
  for (int i = 0; i < count; i += kernels.values, words += ld) {
    const float* row = rows + i * ld_rows;
    const float* pair[kMaxValues] = {row, i + 1 < count ? row + ld_rows : kZeros};
    kernels.pack(pair, width, words);
  }
}

namespace {

// Words of a panel of some rows, one line behind the other.
struct PackedPanel {
  PackedPanel(const ConvKernels& kernels, const float* const* rows, int count, int64_t column) {
    for (int i = 0; i < count; i += kernels.values) {
      const float* pair[kMaxValues] = {rows[i] + column, i + 1 < count ? rows[i + 1] + column : kZeros};
      float* line = words + i / kernels.values * kernels.panel;
      kernels.pack(pair, kernels.panel, line);
      lines[i / kernels.values] = line;
    }
  }

  alignas(64) float words[kOuterRows * kMaxPanel];
  const float* lines[kOuterRows];
};

}  // namespace

namespace {

// By a matrix unit: dy lies output by output.
void multiply_outputs(const ConvKernels& kernels, int count, const OuterRows& dy, const Range& outputs,
                      const float* const* rows, int64_t column, float* g, int64_t ldg, bool accumulate) {
  const float* of[kMaxChannels];
  for (int64_t n = outputs.first; n < outputs.end; n++) of[n - outputs.first] = dy.data + n * dy.ld;
  for (int first = 0; first < kernels.words(count); first += kOuterRows) {
    int depth = std::min(kOuterRows, kernels.words(count) - first), row = first * kernels.values;
    PackedPanel panel(kernels, rows + row, std::min(depth * kernels.values, count - row), column);
    kernels.multiply_matrix(static_cast<int>(outputs.size()), depth, of, first, panel.words, g + outputs.first * ldg,
                            ldg, accumulate || first > 0, {});
  }
}

}  // namespace

void outer_products(const ConvKernels& kernels, int count, const OuterRows& dy, const Range& outputs,
                    const float* const* rows, int64_t column, float* g, int64_t ldg, bool accumulate) {
  if (kernels.multiply_matrix != nullptr) {
    return multiply_outputs(kernels, count, dy, outputs, rows, column, g, ldg, accumulate);
  }
  auto add = [&](int first, int depth, const float* const* lines, int64_t at) {
    for (int64_t n = outputs.first; n < outputs.end; n += kTile) {
      auto multiply = kernels.multiply_transposed[std::min<int64_t>(kTile, outputs.end - n) - 1];
      multiply(depth, dy.at(first, n), dy.ld, lines, at, g + n * ldg, ldg, accumulate || first > 0);
    }
  };
  int most = dy.grouped() ? kGroupedRows : kOuterRows;
  for (int first = 0; first < kernels.words(count); first += most) {
    int depth = std::min(most, kernels.words(count) - first), row = first * kernels.values;
    int end = std::min(row + depth * kernels.values, count);
    if (kernels.values > 1 || (!dy.grouped() && outputs.size() >= kManyOutputs)) {
      add(first, depth, PackedPanel(kernels, rows + row, end - row, column).lines, 0);
    } else {
      add(first, depth, rows + row, column);
    }
  }
}

BlockSums::BlockSums(int64_t blocks, int columns, ConvWorkspace& workspace)
    : blocks_(blocks), columns_(columns), partial_(grown(workspace.partial_sums, blocks * kSums * columns)) {
  std::fill_n(partial_, blocks * kSums * columns, 0.0f);
}

void BlockSums::add_up(Sums& sums) const {
  const float* partial = partial_;
  for (std::vector<double>* sum : {&sums.s1, &sums.s2, &sums.s3}) {
    sum->assign(columns_, 0);
    for (int64_t b = 0; b < blocks_; b++) {
      for (int c = 0; c < columns_; c++) (*sum)[c] += partial[b * kSums * columns_ + c];
    }
    partial += columns_;
  }
}

void BlockSums::start_moments(Sums& sums) const {
  const float* pivot = partial_ + 2 * columns_;
  sums.s1.assign(columns_, 0);
  sums.s2.assign(columns_, 0);
  sums.s3.assign(pivot, pivot + columns_);
}

void BlockSums::add_moments(int64_t block, double rows, Sums& sums) const {
  const float* partial = of(block);
  for (int c = 0; c < columns_; c++) {
    double s1 = partial[c], d = partial[2 * columns_ + c] - sums.s3[c];
    sums.s1[c] += s1 + rows * d;
    sums.s2[c] += partial[columns_ + c] + d * (2 * s1 + rows * d);
  }
}

GradientTasks::GradientTasks(int64_t weights, int64_t blocks, int out)
    : parts(static_cast<int>(std::min(blocks, std::clamp<int64_t>(kPartialFloats / weights, 2, 16)))),
      slices(std::clamp((omp_get_max_threads() + parts - 1) / parts, 1, (out + kTile - 1) / kTile)),
      blocks_(blocks),
      out_(out) {}

}  // namespace a4j
