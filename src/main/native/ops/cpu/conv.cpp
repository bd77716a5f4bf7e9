#include "ops/conv.h"

#include <omp.h>

#include <algorithm>
#include <cstring>

#include "ops/cpu/conv_kernels.h"
#include "ops/cpu/isa.h"

namespace a4j {

namespace {

constexpr int kDepth = 128;           // of a tile: 128 x 64 weights are 32 KiB, the L1 cache
constexpr int kColumns = 512;         // of a block of outputs
constexpr int kMaxRows = 384;         // of a block, a multiple of the tile's 6 rows
constexpr int kTile = 6;
constexpr int64_t kBlockFloats = 160 << 10;  // of input that a block reads: they stay in the L2 cache
constexpr int kLinePad = 16;          // floats between rows, so that rows do not share cache sets
constexpr int kMaxTaps = 9;

alignas(64) const float kZeros[4096] = {};  // what taps outside the image read

const ConvKernels& conv_kernels(bool bf16) {
  switch (cpu_isa()) {
    case Isa::kAvx512:
      return conv_kernels_avx512(bf16);
    case Isa::kAvx2:
      return conv_kernels_avx2(bf16);
    default:
      return conv_kernels_generic(bf16);
  }
}

int64_t round_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

float* grown(std::vector<float>& buffer, int64_t size) {
  if (static_cast<int64_t>(buffer.size()) < size) buffer.resize(size);
  return buffer.data();
}

struct Tap {
  int dy, dx;
  int position;  // in the kernel
};

// A product's rows as a grid over (image, i, j), and where they lie in its source and destination.
struct Walk {
  int grid_height, grid_width;
  int step, offset_y, offset_x;  // destination pixel (i step + offset_y, j step + offset_x)
  int destination_height, destination_width;
  int stride;  // source pixel (i stride + dy, j stride + dx)
  int source_height, source_width;
  std::vector<Tap> taps;

  int64_t area() const { return static_cast<int64_t>(grid_height) * grid_width; }
};

// A row of the grid.
struct Position {
  Position(const Walk& w, int64_t row)
      : image(row / w.area()), i(row % w.area() / w.grid_width), j(row % w.grid_width) {}

  void next(const Walk& w) {
    if (++j < w.grid_width) return;
    j = 0;
    if (++i < w.grid_height) return;
    i = 0;
    image++;
  }

  int64_t image;
  int i, j;
};

int64_t destination(const Walk& w, const Position& p) {
  return (p.image * w.destination_height + p.i * w.step + w.offset_y) * w.destination_width + p.j * w.step + w.offset_x;
}

// -1 outside the image.
int64_t source(const Walk& w, const Position& p, const Tap& tap) {
  int y = p.i * w.stride + tap.dy, x = p.j * w.stride + tap.dx;
  bool inside = y >= 0 && y < w.source_height && x >= 0 && x < w.source_width;
  return inside ? (p.image * w.source_height + y) * w.source_width + x : -1;
}

struct Range {
  int64_t first, end;
};

// Source pixels that rows [first, end) may touch: whole lines, or just the pixels of a 1x1 kernel.
Range source_range(const Walk& w, int64_t first, int64_t end) {
  Position a(w, first), b(w, end - 1);
  if (w.taps.empty()) return {0, 0};
  if (w.taps.size() == 1 && w.taps[0].dy == 0 && w.taps[0].dx == 0) {
    return {source(w, a, w.taps[0]), source(w, b, w.taps[0]) + 1};
  }
  auto by_dy = [](const Tap& s, const Tap& t) { return s.dy < t.dy; };
  auto [low, high] = std::minmax_element(w.taps.begin(), w.taps.end(), by_dy);
  int64_t top = std::clamp(a.i * w.stride + low->dy, 0, w.source_height - 1);
  int64_t bottom = std::clamp(b.i * w.stride + high->dy, 0, w.source_height - 1);
  return {(a.image * w.source_height + top) * w.source_width,
          (b.image * w.source_height + bottom + 1) * w.source_width};
}

// Input rows of a block in fp32, and for each tap and row a pointer to its input.
struct Rows {
  float* buffer;
  int64_t ld;
  const float* of[kMaxTaps * kMaxRows];

  void read(const ConvKernels& kernels, const Walk& w, const Source& from, int channels, int64_t first, int64_t end) {
    Range range = source_range(w, first, end);
    kernels.read(from, range.first, range.end - range.first, channels, buffer, ld);
    point(w, first, end, buffer - range.first * ld, ld);
  }

  // Rows that are fp32 already need no copy.
  void borrow(const Walk& w, const Source& from, int channels, int64_t first, int64_t end) {
    point(w, first, end, static_cast<const float*>(from.data), channels);
  }

 private:
  void point(const Walk& w, int64_t first, int64_t end, const float* data, int64_t line) {
    Position p(w, first);
    for (int64_t r = 0; r < end - first; r++, p.next(w)) {
      for (size_t t = 0; t < w.taps.size(); t++) {
        int64_t pixel = source(w, p, w.taps[t]);
        of[t * kMaxRows + r] = pixel < 0 ? kZeros : data + pixel * line;
      }
    }
  }
};

Walk forward_walk(const ConvShape& s) {
  Walk w{s.out_height(), s.out_width(), 1, 0, 0, s.out_height(), s.out_width(), s.stride, s.height, s.width, {}};
  int padding = s.kernel / 2;
  for (int t = 0; t < s.kernel * s.kernel; t++) w.taps.push_back({t / s.kernel - padding, t % s.kernel - padding, t});
  return w;
}

// A kernel position reaches input row y from output row (y + padding - k) / stride, if that is whole:
// one walk for each residue of y and x by the stride.
std::vector<Walk> backward_walks(const ConvShape& s) {
  std::vector<Walk> walks;
  int padding = s.kernel / 2;
  for (int residue = 0; residue < s.stride * s.stride; residue++) {
    int oy = residue / s.stride, ox = residue % s.stride;
    Walk w{(s.height - oy + s.stride - 1) / s.stride, (s.width - ox + s.stride - 1) / s.stride, s.stride, oy, ox,
           s.height, s.width, 1, s.out_height(), s.out_width(), {}};
    for (int t = 0; t < s.kernel * s.kernel; t++) {
      int y = oy + padding - t / s.kernel, x = ox + padding - t % s.kernel;
      if (y % s.stride == 0 && x % s.stride == 0) w.taps.push_back({y / s.stride, x / s.stride, t});
    }
    walks.push_back(w);
  }
  return walks;
}

// A product: rows of the walk times packed weights [panels][taps][channels][panel].
struct Product {
  Walk walk;
  int64_t images;
  int channels, columns;
  const float* packed;
  int block_rows;

  int64_t rows() const { return images * walk.area(); }
  int64_t blocks() const { return (rows() + block_rows - 1) / block_rows; }
  int64_t depth() const { return static_cast<int64_t>(walk.taps.size()) * channels; }
};

// Rows of a block: as many as its input allows, all blocks about equal and their number even.
int block_rows(int64_t rows, int64_t floats_per_row) {
  int64_t most = std::clamp<int64_t>(kBlockFloats / floats_per_row, 2 * kTile, kMaxRows);
  int64_t blocks = round_up((rows + most - 1) / most, 2);
  return static_cast<int>(std::min<int64_t>(round_up((rows + blocks - 1) / blocks, kTile), kMaxRows));
}

int64_t line(int channels, int panel) { return round_up(channels, panel) + kLinePad; }

// Floats of the largest input range of any block.
int64_t input_floats(const Walk& w, int64_t rows, int block, int64_t ld) {
  int64_t most = 0;
  for (int64_t r = 0; r < rows; r += block) {
    Range range = source_range(w, r, std::min(rows, r + block));
    most = std::max(most, range.end - range.first);
  }
  return most * ld;
}

// c [rows][ldc] = the block's rows times columns [column, column + width).
void multiply_block(const ConvKernels& kernels, const Product& p, const Rows& rows, int count, int column, int width,
                    float* c, int64_t ldc) {
  if (p.walk.taps.empty()) std::fill_n(c, count * ldc, 0.0f);
  for (size_t t = 0; t < p.walk.taps.size(); t++) {
    for (int k = 0; k < p.channels; k += kDepth) {
      int depth = std::min(kDepth, p.channels - k);
      for (int n = 0; n < width; n += kernels.panel) {
        const float* panel = p.packed + ((column + n) * p.depth() + (t * p.channels + k) * kernels.panel);
        // While one panel is in use, the next comes closer, a piece with each tile.
        const char* next = reinterpret_cast<const char*>(n + kernels.panel < width ? panel + kernels.panel * p.depth() : panel + kDepth * kernels.panel - n * p.depth());
        int64_t piece = round_up(static_cast<int64_t>(depth) * kernels.panel * 4 * kTile / count, 64);
        for (int r = 0; r < count; r += kTile) {
          int tile = std::min(kTile, count - r);
          for (int64_t i = 0; i < piece; i += 64) __builtin_prefetch(next + i, 0, 2);
          next += piece;
          kernels.multiply(tile, depth, rows.of + t * kMaxRows + r, k, panel, c + r * ldc + n, ldc, t > 0 || k > 0);
        }
      }
    }
  }
}

struct Output {
  void* data;
  const Epilogue& epilogue;
  float* sums;  // three vectors of the product's columns
};

// One task: a block of rows and columns [column, end_column).
void run_block(const ConvKernels& kernels, const Product& p, const Source& from, int64_t block, int column,
               int end_column, const Output& out, float* scratch, int64_t input) {
  int64_t first = block * p.block_rows, end = std::min(p.rows(), first + p.block_rows);
  Rows rows{scratch, line(p.channels, kernels.panel), {}};
  if (kernels.fp32 && from.kind == Source::kPlain) {
    rows.borrow(p.walk, from, p.channels, first, end);
  } else {
    rows.read(kernels, p.walk, from, p.channels, first, end);
  }
  float* c = scratch + input;
  for (; column < end_column; column += kColumns) {
    int width = std::min(kColumns, end_column - column);
    int64_t ldc = round_up(width, kernels.panel);
    multiply_block(kernels, p, rows, static_cast<int>(end - first), column, width, c, ldc);
    Position position(p.walk, first);
    if (out.epilogue.kind == Epilogue::kMoments) std::copy_n(c, width, out.sums + 2 * p.columns + column);
    for (int64_t r = 0; r < end - first; r++, position.next(p.walk)) {
      kernels.finish(out.epilogue, c + r * ldc, destination(p.walk, position) * p.columns + column, column, width,
                     out.data, out.sums, out.sums + p.columns, out.sums + 2 * p.columns);
    }
  }
}

constexpr int kSums = 3;
constexpr int kEnoughTasks = 4;

void add_up(int64_t blocks, int columns, const float* partial, Sums& sums) {
  for (std::vector<double>* sum : {&sums.s1, &sums.s2, &sums.s3}) {
    sum->assign(columns, 0);
    for (int64_t b = 0; b < blocks; b++) {
      for (int c = 0; c < columns; c++) (*sum)[c] += partial[b * kSums * columns + c];
    }
    partial += columns;
  }
}

// Each block's moments are about its own first row; here they move to the first block's.
void add_up_moments(const Product& p, const float* partial, Sums& sums) {
  int columns = p.columns;
  sums.s1.assign(columns, 0);
  sums.s2.assign(columns, 0);
  sums.s3.assign(partial + 2 * columns, partial + 3 * columns);
  for (int64_t b = 0; b < p.blocks(); b++, partial += kSums * columns) {
    double n = static_cast<double>(std::min<int64_t>(p.block_rows, p.rows() - b * p.block_rows));
    for (int c = 0; c < columns; c++) {
      double s1 = partial[c], d = partial[2 * columns + c] - sums.s3[c];
      sums.s1[c] += s1 + n * d;
      sums.s2[c] += partial[columns + c] + d * (2 * s1 + n * d);
    }
  }
}

void run(const ConvKernels& kernels, const std::vector<Product>& products, const Source& from, void* out,
         const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  int columns = products[0].columns;
  int64_t ld = line(products[0].channels, kernels.panel), input = 0, blocks = 0;
  std::vector<int64_t> first_block;
  for (const Product& p : products) {
    input = std::max(input, input_floats(p.walk, p.rows(), p.block_rows, ld));
    first_block.push_back(blocks);
    blocks += p.blocks();
  }
  int64_t share = round_up(input + static_cast<int64_t>(kMaxRows) * round_up(kColumns, kernels.panel), 64);
  float* scratch = grown(workspace.scratch, share * omp_get_max_threads());
  float* partial = grown(workspace.partial_sums, blocks * kSums * columns);
  std::fill_n(partial, blocks * kSums * columns, 0.0f);
  // Few rows: the columns are shared out, too.
  int width = blocks >= kEnoughTasks ? columns : round_up((columns * blocks + kEnoughTasks - 1) / kEnoughTasks, kernels.panel);
#pragma omp parallel for schedule(dynamic) collapse(2)
  for (int64_t b = 0; b < blocks; b++) {
    for (int column = 0; column < columns; column += width) {
      size_t which = std::upper_bound(first_block.begin(), first_block.end(), b) - first_block.begin() - 1;
      run_block(kernels, products[which], from, b - first_block[which], column, std::min(columns, column + width),
                {out, epilogue, partial + b * kSums * columns}, scratch + share * omp_get_thread_num(), input);
    }
  }
  if (sums == nullptr) return;
  if (epilogue.kind == Epilogue::kMoments) {
    add_up_moments(products[0], partial, *sums);
  } else {
    add_up(blocks, columns, partial, *sums);
  }
}

// packed[panel][depth][j] = weights[panel * width + j][depth], zero beyond the last column.
void pack_forward(const ConvShape& shape, const float* weights, std::vector<float>& buffer) {
  constexpr int kBlock = 16;
  int64_t columns = shape.out, depth = shape.weights() / shape.out;
  int width = conv_kernels(false).panel;
  float* packed = grown(buffer, round_up(columns, width) * depth);
#pragma omp parallel for schedule(static) collapse(2)
  for (int64_t n = 0; n < columns; n += width) {
    for (int64_t k = 0; k < depth; k += kBlock) {
      int64_t end = std::min(depth, k + kBlock);
      for (int j = 0; j < width; j++) {
        const float* row = weights + (n + j) * depth;
        for (int64_t i = k; i < end; i++) packed[n * depth + i * width + j] = n + j < columns ? row[i] : 0;
      }
    }
  }
}

// packed[panel][tap][n][j] = weights[n][position of tap][panel * width + j].
void pack_backward(const ConvShape& s, const float* weights, const std::vector<Tap>& taps, int width, float* packed) {
  int64_t depth = static_cast<int64_t>(taps.size()) * s.out, kernel = s.kernel * s.kernel;
#pragma omp parallel for schedule(static) collapse(2)
  for (int c = 0; c < s.in; c += width) {
    for (int64_t k = 0; k < depth; k++) {
      const float* from = weights + (k % s.out * kernel + taps[k / s.out].position) * s.in + c;
      float* to = packed + c * depth + k * width;
      int count = std::min(width, s.in - c);
      std::copy_n(from, count, to);
      std::fill_n(to + count, width - count, 0.0f);
    }
  }
}

// Parts of the rows with a gradient of their own: as many as memory allows, by shape alone.
int gradient_parts(int64_t weights, int64_t chunks) {
  constexpr int64_t kFloats = 4 << 20;
  return static_cast<int>(std::min(chunks, std::clamp<int64_t>(kFloats / weights, 2, 16)));
}

// g [out][taps][padded channels] += the chunk's outer products.
void multiply_chunk(const ConvKernels& kernels, const Rows& x, const float* dy, int64_t ld_dy, int count, int out,
                    int taps, int channels, float* g) {
  int64_t ldg = taps * round_up(channels, kernels.panel);
  for (int t = 0; t < taps; t++) {
    for (int c = 0; c < channels; c += kernels.panel) {
      float* columns = g + t * round_up(channels, kernels.panel) + c;
      for (int n = 0; n < out; n += kTile) {
        kernels.multiply_transposed(std::min(kTile, out - n), count, dy + n, ld_dy, x.of + t * kMaxRows, c,
                                    columns + n * ldg, ldg);
      }
    }
  }
}

// dw = the sum of the parts' gradients, without the padding.
void reduce_gradients(const float* partial, int parts, int64_t part, int64_t lines, int channels, int64_t padded,
                      float* dw) {
#pragma omp parallel for schedule(static)
  for (int64_t l = 0; l < lines; l++) {
    float* to = dw + l * channels;
    std::copy_n(partial + l * padded, channels, to);
    for (int p = 1; p < parts; p++) {
      const float* from = partial + p * part + l * padded;
      for (int c = 0; c < channels; c++) to[c] += from[c];
    }
  }
}

}  // namespace

std::vector<float> conv_pack(const ConvShape& shape, const float* weights) {
  std::vector<float> packed;
  pack_forward(shape, weights, packed);
  return packed;
}

void conv_forward_packed(const ConvShape& shape, bool bf16, const Source& x, const float* packed, void* y,
                         const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  const ConvKernels& kernels = conv_kernels(bf16);
  int rows = block_rows(shape.out_pixels(), line(shape.in, kernels.panel) * shape.stride * shape.stride);
  run(kernels, {{forward_walk(shape), shape.images, shape.in, shape.out, packed, rows}}, x, y, epilogue, sums,
      workspace);
}

void conv_forward(const ConvShape& shape, bool bf16, const Source& x, const float* weights, void* y,
                  const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  pack_forward(shape, weights, workspace.packed_weights);
  conv_forward_packed(shape, bf16, x, workspace.packed_weights.data(), y, epilogue, sums, workspace);
}

void conv_backward_input(const ConvShape& shape, bool bf16, const Source& dy, const float* weights, void* dx,
                         const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  const ConvKernels& kernels = conv_kernels(bf16);
  int64_t size = round_up(shape.in, kernels.panel) * shape.out * shape.kernel * shape.kernel;
  float* packed = grown(workspace.packed_weights, size);
  std::vector<Product> products;
  for (Walk& walk : backward_walks(shape)) {
    if (walk.area() == 0 || (walk.taps.empty() && epilogue.kind == Epilogue::kAdd)) continue;
    pack_backward(shape, weights, walk.taps, kernels.panel, packed);
    int rows = block_rows(shape.images * walk.area(), line(shape.out, kernels.panel));
    products.push_back({std::move(walk), shape.images, shape.out, shape.in, packed, rows});
    packed += round_up(shape.in, kernels.panel) * products.back().depth();
  }
  run(kernels, products, dy, dx, epilogue, sums, workspace);
}

void conv_backward_weights(const ConvShape& shape, bool bf16, const Source& x, const Source& dy, float* dw,
                           ConvWorkspace& workspace) {
  const ConvKernels& kernels = conv_kernels(bf16);
  Walk walk = forward_walk(shape);
  int taps = static_cast<int>(walk.taps.size());
  int64_t rows = shape.out_pixels(), padded = round_up(shape.in, kernels.panel);
  int64_t ld_x = line(shape.in, kernels.panel), ld_dy = line(shape.out, kTile);
  int chunk = block_rows(rows, (ld_x * shape.stride * shape.stride + ld_dy) / 2);
  int64_t chunks = (rows + chunk - 1) / chunk;
  int64_t part = shape.out * taps * padded;
  int parts = gradient_parts(part, chunks);
  int64_t input = input_floats(walk, rows, chunk, ld_x);
  int64_t share = round_up(input + chunk * ld_dy, 64);
  float* scratch = grown(workspace.scratch, share * omp_get_max_threads());
  float* partial = grown(workspace.partial_gradients, part * parts);
#pragma omp parallel for schedule(dynamic)
  for (int p = 0; p < parts; p++) {
    Rows inputs{scratch + share * omp_get_thread_num(), ld_x, {}};
    float *dy_rows = inputs.buffer + input, *g = partial + p * part;
    std::fill_n(g, part, 0.0f);
    for (int64_t i = chunks * p / parts; i < chunks * (p + 1) / parts; i++) {
      int64_t first = i * chunk, end = std::min(rows, first + chunk);
      inputs.read(kernels, walk, x, shape.in, first, end);
      kernels.read(dy, first, end - first, shape.out, dy_rows, ld_dy);
      multiply_chunk(kernels, inputs, dy_rows, ld_dy, static_cast<int>(end - first), shape.out, taps, shape.in, g);
    }
  }
  reduce_gradients(partial, parts, part, static_cast<int64_t>(shape.out) * taps, shape.in, padded, dw);
}

}  // namespace a4j
