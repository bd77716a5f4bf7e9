#include "ops/cpu/direct.h"

#include <omp.h>

#include <algorithm>
#include <cstring>

#include "ops/cpu/conv_blocks.h"

namespace a4j {

namespace {

constexpr int kMaxTaps = 9;
constexpr int kFewRows = 64;
constexpr int kFewInputs = 64;               // that read dy: it is not worth a copy
constexpr int kManyColumns = 256;            // that read rows: it is worth a copy
constexpr int kMaxWalks = 4;                 // of backward at stride 2
constexpr int kColumns = 512;                // of a block of outputs
constexpr int kMaxRows = 384;                // of a block, a multiple of the tile's rows
constexpr int64_t kBlockFloats = 160 << 10;  // of input that a block reads: they stay in the L2 cache

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
  int tap_count;
  Tap taps[kMaxTaps];

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

// Source pixels that rows [first, end) may touch: whole lines, or just the pixels of a 1x1 kernel.
Range source_range(const Walk& w, int64_t first, int64_t end) {
  Position a(w, first), b(w, end - 1);
  if (w.tap_count == 0) return {0, 0};
  if (w.tap_count == 1 && w.taps[0].dy == 0 && w.taps[0].dx == 0) {
    return {source(w, a, w.taps[0]), source(w, b, w.taps[0]) + 1};
  }
  auto by_dy = [](const Tap& s, const Tap& t) { return s.dy < t.dy; };
  auto [low, high] = std::minmax_element(w.taps, w.taps + w.tap_count, by_dy);
  int64_t top = std::clamp(a.i * w.stride + low->dy, 0, w.source_height - 1);
  int64_t bottom = std::clamp(b.i * w.stride + high->dy, 0, w.source_height - 1);
  return {(a.image * w.source_height + top) * w.source_width,
          (b.image * w.source_height + bottom + 1) * w.source_width};
}

// Input rows of a block, and for each tap and row a pointer to its input.
struct Rows {
  float* buffer;
  int64_t ld;
  Groups groups;
  const float* of[kMaxTaps * kMaxRows];

  Rows(float* buffer, int64_t ld) : buffer(buffer), ld(ld), groups(kWhole) {}

  // In fp32. Rows that are so already need no copy, unless a panel would reach beyond the last of them.
  void read(const ConvKernels& kernels, const Walk& w, const Source& from, int channels, int64_t first, int64_t end) {
    if (kernels.fp32 && from.kind == Source::kPlain && channels % kernels.panel == 0) {
      return point(w, first, end, static_cast<const float*>(from.data), channels, kZeros);
    }
    copy(kernels.read, w, from, channels, first, end);
  }

  // In fp32, in groups of `size` columns, with a line of zeros behind each.
  void read_groups(const ConvKernels& kernels, const Walk& w, const Source& from, int channels, int64_t first,
                   int64_t end, int size) {
    if (w.tap_count == 1 && w.stride > 1) return read_pixels(kernels, w, from, channels, first, end, size);
    Range range = source_range(w, first, end);
    set_groups(size, range.size() + 1);
    kernels.read_groups(from, range.first, range.size(), channels, buffer, groups);
    float* zeros = buffer + range.size() * size;
    for (int c = 0; c < channels; c += size) std::fill_n(zeros + groups.at(c), size, 0.0f);
    point(w, first, end, buffer - range.first * size, size, zeros);
  }

  // As words that `columns` read. What a narrow panel's tile reads of deeper rows lies together where it is read often:
  // rows a multiple of 4 KiB apart share cache sets.
  void read_words(const ConvKernels& kernels, const Walk& w, const Source& from, int channels, int64_t first,
                  int64_t end, int columns) {
    int depth = tile_depth(kernels.panel);
    bool often = kernels.narrow && columns >= kManyColumns && end - first > kFewRows;
    if (often && channels > depth && channels % depth == 0) {
      return read_groups(kernels, w, from, channels, first, end, depth);
    }
    if (kernels.stores_words(channels) && from.kind == Source::kPlain) {
      return point(w, first, end, static_cast<const float*>(from.data), kernels.words(channels), kZeros);
    }
    copy(kernels.read_words, w, from, channels, first, end);
  }

 private:
  void set_groups(int size, int64_t lines) { groups = {size, lines * size}; }

  // Of a 1x1 kernel whose stride leaves pixels out.
  void read_pixels(const ConvKernels& kernels, const Walk& w, const Source& from, int channels, int64_t first,
                   int64_t end, int size) {
    set_groups(size, end - first);
    Position p(w, first);
    for (int64_t r = 0; r < end - first; r++, p.next(w)) {
      of[r] = buffer + r * size;
      kernels.read_groups(from, source(w, p, w.taps[0]), 1, channels, buffer + r * size, groups);
    }
  }

  void copy(decltype(ConvKernels::read) read, const Walk& w, const Source& from, int channels, int64_t first,
            int64_t end) {
    Range range = source_range(w, first, end);
    read(from, range.first, range.size(), channels, buffer, ld);
    point(w, first, end, buffer - range.first * ld, ld, kZeros);
  }

  void point(const Walk& w, int64_t first, int64_t end, const float* data, int64_t line, const float* zeros) {
    Position p(w, first);
    for (int64_t r = 0; r < end - first; r++, p.next(w)) {
      for (int t = 0; t < w.tap_count; t++) {
        int64_t pixel = source(w, p, w.taps[t]);
        of[t * kMaxRows + r] = pixel < 0 ? zeros : data + pixel * line;
      }
    }
  }
};

Walk forward_walk(const ConvShape& s) {
  Walk w{s.out_height(), s.out_width(), 1, 0, 0, s.out_height(), s.out_width(), s.stride, s.height, s.width, 0, {}};
  int padding = s.kernel / 2;
  for (int t = 0; t < s.kernel * s.kernel; t++) {
    w.taps[w.tap_count++] = {t / s.kernel - padding, t % s.kernel - padding, t};
  }
  return w;
}

// A kernel position reaches input row y from output row (y + padding - k) / stride, if that is whole:
// one walk for each residue of y and x by the stride.
Walk backward_walk(const ConvShape& s, int residue) {
  int oy = residue / s.stride, ox = residue % s.stride, padding = s.kernel / 2;
  Walk w{(s.height - oy + s.stride - 1) / s.stride, (s.width - ox + s.stride - 1) / s.stride, s.stride, oy, ox,
         s.height, s.width, 1, s.out_height(), s.out_width(), 0, {}};
  for (int t = 0; t < s.kernel * s.kernel; t++) {
    int y = oy + padding - t / s.kernel, x = ox + padding - t % s.kernel;
    if (y % s.stride == 0 && x % s.stride == 0) w.taps[w.tap_count++] = {y / s.stride, x / s.stride, t};
  }
  return w;
}

// A product: rows of the walk times packed weights [panels][taps][words][panel].
struct Product {
  Walk walk;
  int64_t images;
  int channels, words;  // of a row
  int columns;
  const float* packed;
  int block_rows;

  int64_t rows() const { return images * walk.area(); }
  int64_t blocks() const { return (rows() + block_rows - 1) / block_rows; }
  int64_t depth() const { return static_cast<int64_t>(walk.tap_count) * words; }

  int64_t rows_of(int64_t block) const { return std::min<int64_t>(block_rows, rows() - block * block_rows); }
};

// The products of one convolution, and the number of each one's first block.
struct Products {
  Product items[kMaxWalks];
  int64_t first_block[kMaxWalks + 1];
  int count;

  int64_t blocks() const { return first_block[count]; }

  void add(const Product& p) {
    items[count] = p;
    first_block[count + 1] = first_block[count] + p.blocks();
    count++;
  }

  int of_block(int64_t b) const {
    return static_cast<int>(std::upper_bound(first_block, first_block + count, b) - first_block) - 1;
  }
};

// Rows of a block: as many as its input allows, all blocks about equal and their number even. Few rows stay one
// block, so that their weights are read once.
int block_rows(int64_t rows, int64_t floats_per_row) {
  int64_t most = std::clamp<int64_t>(kBlockFloats / floats_per_row, 2 * kTile, kMaxRows);
  int64_t blocks = rows <= kFewRows ? 1 : round_up((rows + most - 1) / most, 2);
  return static_cast<int>(std::min<int64_t>(round_up((rows + blocks - 1) / blocks, kTile), kMaxRows));
}

// Floats of the largest input range of any block, and of a line of zeros.
int64_t input_floats(const Walk& w, int64_t rows, int block, int64_t ld) {
  int64_t most = 0;
  for (int64_t r = 0; r < rows; r += block) {
    Range range = source_range(w, r, std::min(rows, r + block));
    most = std::max(most, range.end - range.first);
  }
  return (most + 1) * ld;
}

// c [rows][ldc] = the block's rows times columns [column, column + width).
void multiply_block(const ConvKernels& kernels, const Product& p, const Rows& rows, int count, int column, int width,
                    float* c, int64_t ldc) {
  if (p.walk.tap_count == 0) std::fill_n(c, count * ldc, 0.0f);
  int most = tile_depth(kernels.panel);
  for (int t = 0; t < p.walk.tap_count; t++) {
    for (int k = 0; k < p.words; k += most) {
      int depth = std::min(most, p.words - k);
      for (int n = 0; n < width; n += kernels.panel) {
        const float* panel = p.packed + (column + n) * p.depth() + (t * p.words + k) * kernels.panel;
        // While one panel is in use, the next comes closer.
        const float* next = n + kernels.panel < width ? panel + kernels.panel * p.depth()
                                                 : panel + most * kernels.panel - n * p.depth();
        Ahead ahead = weights_ahead(next, depth * kernels.panel);
        if (n == 0 && count > kFewRows) ahead.rows = rows.of + t * kMaxRows;
        multiply_panel(kernels, count, depth, rows.of + t * kMaxRows, rows.groups.at(k), panel, c + n, ldc,
                       t > 0 || k > 0, ahead);
      }
    }
  }
}

// One task: a block of rows and columns [column, end_column).
void run_block(const ConvKernels& kernels, const Product& p, const Source& from, int64_t block, int column,
               int end_column, const Output& out, float* scratch, int64_t input) {
  int64_t first = block * p.block_rows, end = std::min(p.rows(), first + p.block_rows);
  Rows rows(scratch, line(p.words, kernels.panel));
  rows.read_words(kernels, p.walk, from, p.channels, first, end, end_column - column);
  float* c = scratch + input;
  for (; column < end_column; column += kColumns) {
    int width = std::min(kColumns, end_column - column);
    int64_t ldc = round_up(width, kernels.panel);
    multiply_block(kernels, p, rows, static_cast<int>(end - first), column, width, c, ldc);
    Position position(p.walk, first);
    out.set_pivot(c, column, width);
    for (int64_t r = 0; r < end - first; r++, position.next(p.walk)) {
      out.finish(kernels, c + r * ldc, destination(p.walk, position), column, width);
    }
  }
}

void run(const ConvKernels& kernels, const Products& products, const Source& from, void* out,
         const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  const Product& any = products.items[0];
  int columns = any.columns;
  int64_t ld = line(any.words, kernels.panel), input = 0;
  for (int i = 0; i < products.count; i++) {
    const Product& p = products.items[i];
    input = std::max(input, input_floats(p.walk, p.rows(), p.block_rows, ld));
  }
  int64_t share = round_up(input + static_cast<int64_t>(kMaxRows) * round_up(kColumns, kernels.panel), 64);
  float* scratch = grown(workspace.scratch, share * omp_get_max_threads());
  BlockSums partial(products.blocks(), columns, workspace);
  int width = task_columns(columns, products.blocks(), kernels.panel);
#pragma omp parallel for schedule(dynamic) collapse(2)
  for (int64_t b = 0; b < products.blocks(); b++) {
    for (int column = 0; column < columns; column += width) {
      int which = products.of_block(b);
      run_block(kernels, products.items[which], from, b - products.first_block[which], column,
                std::min(columns, column + width), {out, epilogue, columns, partial.of(b)},
                scratch + share * omp_get_thread_num(), input);
    }
  }
  if (sums == nullptr) return;
  if (epilogue.kind == Epilogue::kMoments) {
    partial.add_up_moments([&](int64_t block) { return any.rows_of(block); }, *sums);
  } else {
    partial.add_up(*sums);
  }
}

// packed[panel][tap][n][j] = weights[n][position of tap][panel * width + j], as words of n.
void pack_backward(const ConvKernels& kernels, const ConvShape& s, const float* weights, const Walk& walk,
                   float* packed) {
  int words = kernels.words(s.out), width = kernels.panel;
  int64_t depth = static_cast<int64_t>(walk.tap_count) * words, taps = s.kernel * s.kernel;
#pragma omp parallel for schedule(static) collapse(2)
  for (int c = 0; c < s.in; c += width) {
    for (int64_t k = 0; k < depth; k++) {
      int64_t n = k % words * kernels.values, ld = taps * s.in;
      int rows = static_cast<int>(std::min<int64_t>(kernels.values, s.out - n)), count = std::min(width, s.in - c);
      float* to = packed + c * depth + k * width;
      pack_rows(kernels, weights + n * ld + walk.taps[k / words].position * s.in + c, ld, rows, count, to, width);
      std::fill_n(to + count, width - count, 0.0f);
    }
  }
}

// Weight gradient [out][taps][padded channels] of some blocks of rows.
struct TapsGradient {
  const ConvKernels& kernels;
  const ConvShape& shape;
  int taps;
  int64_t padded;

  int64_t ld() const { return taps * padded; }

  // g (+)= the block's outer products, for output channels `outputs`.
  void add(const Rows& x, const OuterRows& dy, int count, const Range& outputs, float* g, bool accumulate) const {
    for (int t = 0; t < taps; t++) {
      for (int c = 0; c < shape.in; c += kernels.panel) {
        outer_products(kernels, count, dy, outputs, x.of + t * kMaxRows, x.groups.at(c), g + t * padded + c, ld(),
                       accumulate);
      }
    }
  }
};

// dy of a block in `rows`; `words` has as much room.
OuterRows read_outer(const ConvKernels& kernels, const Source& dy, int64_t first, int count, int out, bool grouped,
                     float* rows, int64_t ld, float* words) {
  if (grouped) {
    Groups groups{kGroup, static_cast<int64_t>(count) * kGroup};
    kernels.read_groups(dy, first, count, out, rows, groups);
    return {rows, kGroup, groups};
  }
  kernels.read(dy, first, count, out, rows, ld);
  if (kernels.values == 1) return {rows, ld, kWhole};
  pack_rows(kernels, rows, ld, count, out, words, ld);
  if (kernels.multiply_matrix == nullptr) return {words, ld, kWhole};
  int pairs = kernels.words(count);
  int64_t ld_pairs = round_up(pairs, kLinePad);
  transpose(words, ld, static_cast<int>(round_up(pairs, 4)), static_cast<int>(round_up(out, 4)), rows, ld_pairs);
  return {rows, ld_pairs, kWhole};
}

// dw (+)= the sum of the parts' gradients, without the padding.
void reduce_gradients(const TapsGradient& g, const float* partial, int parts, bool accumulate, float* dw) {
  int64_t lines = static_cast<int64_t>(g.shape.out) * g.taps, part = g.shape.out * g.ld();
#pragma omp parallel for schedule(static)
  for (int64_t l = 0; l < lines; l++) {
    float* to = dw + l * g.shape.in;
    for (int p = 0; p < parts; p++) {
      const float* from = partial + p * part + l * g.padded;
      for (int c = 0; c < g.shape.in; c++) to[c] = accumulate || p > 0 ? to[c] + from[c] : from[c];
    }
  }
}

// to[i][j] = from[j][i], and 0 from column `rows` to ld_to.
void transpose_padded(const float* from, int64_t ld_from, int rows, int columns, float* to, int ld_to) {
  if (rows == ld_to && columns % 4 == 0) return transpose(from, ld_from, rows, columns, to, ld_to);
  for (int i = 0; i < columns; i++) {
    for (int j = 0; j < ld_to; j++) to[i * ld_to + j] = j < rows ? from[j * ld_from + i] : 0;
  }
}

}  // namespace

void direct_pack(const ConvShape& s, bool bf16, const float* weights, Floats& buffer) {
  constexpr int kBlock = 16;
  const ConvKernels& kernels = conv_kernels(bf16);
  int width = kernels.panel, words = kernels.words(s.in);
  int64_t taps = s.kernel * s.kernel, depth = taps * words;
  float* packed = grown(buffer, round_up(s.out, width) * depth);
#pragma omp parallel for schedule(static) collapse(3)
  for (int n = 0; n < s.out; n += width) {
    for (int64_t tap = 0; tap < taps; tap++) {
      for (int c = 0; c < s.in; c += kBlock) {
        alignas(64) float block[kBlock * kMaxPanel];
        int rows = std::min(kBlock, s.in - c);
        float* to = packed + n * depth + (tap * words + c / kernels.values) * width;
        float* columns = kernels.values == 1 ? to : block;
        transpose_padded(weights + (n * taps + tap) * s.in + c, taps * s.in, std::min(width, s.out - n), rows, columns,
                         width);
        if (columns != to) pack_rows(kernels, block, width, rows, width, to, width);
      }
    }
  }
}

void direct_forward(const ConvShape& shape, bool bf16, const Source& x, const float* packed, void* y,
                    const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  const ConvKernels& kernels = conv_kernels(bf16);
  int words = kernels.words(shape.in);
  int rows = block_rows(shape.out_pixels(), line(words, kernels.panel) * shape.stride * shape.stride);
  Products products{};
  products.add({forward_walk(shape), shape.images, shape.in, words, shape.out, packed, rows});
  run(kernels, products, x, y, epilogue, sums, workspace);
}

void direct_backward_input(const ConvShape& shape, bool bf16, const Source& dy, const float* weights, void* dx,
                           const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  const ConvKernels& kernels = conv_kernels(bf16);
  int words = kernels.words(shape.out);
  int64_t size = round_up(shape.in, kernels.panel) * words * shape.kernel * shape.kernel;
  float* packed = grown(workspace.weights, size);
  Products products{};
  for (int residue = 0; residue < shape.stride * shape.stride; residue++) {
    Walk walk = backward_walk(shape, residue);
    if (walk.area() == 0 || (walk.tap_count == 0 && epilogue.kind == Epilogue::kAdd)) continue;
    pack_backward(kernels, shape, weights, walk, packed);
    int rows = block_rows(shape.images * walk.area(), line(words, kernels.panel));
    Product product{walk, shape.images, shape.out, words, shape.in, packed, rows};
    products.add(product);
    packed += round_up(shape.in, kernels.panel) * product.depth();
  }
  run(kernels, products, dy, dx, epilogue, sums, workspace);
}

void direct_backward_weights(const ConvShape& shape, bool bf16, const Source& x, const Source& dy, float* dw,
                             ConvWorkspace& workspace) {
  const ConvKernels& kernels = conv_kernels(bf16);
  Walk walk = forward_walk(shape);
  int taps = walk.tap_count;
  int64_t rows = shape.out_pixels(), padded = round_up(shape.in, kernels.panel);
  int64_t ld_x = line(shape.in, kernels.panel), ld_dy = line(shape.out, kTile);
  int chunk = block_rows(rows, (ld_x * shape.stride * shape.stride + ld_dy) / 2);
  bool grouped = kernels.narrow && taps * shape.in > kFewInputs;
  TapsGradient gradient{kernels, shape, taps, padded};
  int64_t part = shape.out * gradient.ld();
  GradientTasks tasks(part, (rows + chunk - 1) / chunk, shape.out);
  int64_t input = input_floats(walk, rows, chunk, ld_x);
  int64_t by_output = round_up(shape.out, 4) * round_up(kernels.words(chunk), kLinePad);
  int64_t of_dy = std::max(chunk * std::max(ld_dy, round_up(shape.out, kGroup)), by_output),
          of_words = kernels.values == 1 ? 0 : of_dy;
  int64_t share = round_up(input + of_dy + of_words, 64);
  float* scratch = grown(workspace.scratch, share * omp_get_max_threads());
  // Without padding, the first part is dw itself.
  int direct = padded == shape.in ? 1 : 0;
  float* partial = grown(workspace.weights, part * (tasks.parts - direct));
#pragma omp parallel for schedule(dynamic) collapse(2)
  for (int p = 0; p < tasks.parts; p++) {
    for (int slice = 0; slice < tasks.slices; slice++) {
      Rows inputs(scratch + share * omp_get_thread_num(), ld_x);
      float* dy_rows = inputs.buffer + input;
      float* g = p < direct ? dw : partial + (p - direct) * part;
      Range blocks = tasks.blocks(p);
      for (int64_t b = blocks.first; b < blocks.end; b++) {
        int64_t first = b * chunk, end = std::min(rows, first + chunk);
        int count = static_cast<int>(end - first);
        if (grouped) {
          inputs.read_groups(kernels, walk, x, shape.in, first, end, kernels.panel);
        } else {
          inputs.read(kernels, walk, x, shape.in, first, end);
        }
        OuterRows outer = read_outer(kernels, dy, first, count, shape.out, grouped, dy_rows, ld_dy, dy_rows + of_dy);
        gradient.add(inputs, outer, count, tasks.outputs(slice), g, b > blocks.first);
      }
    }
  }
  reduce_gradients(gradient, partial, tasks.parts - direct, direct > 0, dw);
}

}  // namespace a4j
