#include "ops/cpu/winograd.h"

#include <omp.h>

#include "ops/cpu/conv_blocks.h"
#include "ops/math/winograd.h"

namespace a4j {

namespace {

constexpr int kMaxPositions = winograd::F4::kPoints * winograd::F4::kPoints;
constexpr int kTaps = winograd::kTaps * winograd::kTaps;
constexpr int kChannelStep = 16;              // the widest vector
constexpr int kMaxTiles = 192;                // of a block, a multiple of kTile
constexpr int kMaxRows = 768;                 // that a block puts out: fp32 adds up their moments
constexpr int64_t kBlockFloats = 256 << 10;   // of a block's points
constexpr int kFewTiles = 8 * kTile;
constexpr int kPieceFloats = 2048;  // of a position of weights whose points are made on the way
constexpr int64_t kPieceStride = kPieceFloats + kLinePad;
constexpr int64_t kMaxWeights4 = 256 * 256 * kTaps;

// F(4x4) has about half the multiplications of F(2x2), but 9/4 of its weights, and on the small maps where weights are
// many, few tiles to use them. Rounded to bf16 for dot products, its points would cost accuracy.
const WinogradKernels& transforms_of(const ConvKernels& kernels, const ConvShape& s) {
  return kernels.values == 1 && s.weights() <= kMaxWeights4 ? kernels.winograd4 : kernels.winograd2;
}

// Floats from one position's packed weights to the next; padded, so that positions do not share cache sets.
int64_t packed_stride(int columns, int channels, int panel) { return round_up(columns, panel) * channels + kLinePad; }

// Images as rows of tiles; the last ones may reach beyond the image.
struct Tiles {
  Tiles(const ConvShape& s, const WinogradKernels& transforms)
      : images(s.images),
        height(s.height),
        width(s.width),
        outputs(transforms.outputs),
        positions(transforms.positions()),
        down((height + outputs - 1) / outputs),
        across((width + outputs - 1) / outputs) {}

  int64_t count() const { return static_cast<int64_t>(images) * down * across; }

  int images, height, width;
  int outputs;  // pixels of a tile's side
  int positions;
  int down, across;
};

struct TilePosition {
  TilePosition(const Tiles& tiles, int64_t tile)
      : image(tile / tiles.across / tiles.down),
        top(static_cast<int>(tile / tiles.across % tiles.down) * tiles.outputs),
        left(static_cast<int>(tile % tiles.across) * tiles.outputs) {}

  int64_t image;
  int top, left;
};

// -1 outside the image.
int64_t pixel(const Tiles& tiles, const TilePosition& p, int dy, int dx) {
  int y = p.top + dy, x = p.left + dx;
  bool inside = y >= 0 && y < tiles.height && x >= 0 && x < tiles.width;
  return inside ? (p.image * tiles.height + y) * tiles.width + x : -1;
}

// Pixels of whole lines that tiles [first, end) with `border` more lines above and below touch.
Range pixels(const Tiles& tiles, int64_t first, int64_t end, int border) {
  TilePosition a(tiles, first), b(tiles, end - 1);
  int top = std::max(a.top - border, 0), bottom = std::min(b.top + tiles.outputs + border, tiles.height);
  return {(a.image * tiles.height + top) * tiles.width, (b.image * tiles.height + bottom) * tiles.width};
}

// Most pixels that any block of tiles touches.
int64_t most_pixels(const Tiles& tiles, int block) {
  int64_t most = 0;
  for (int64_t t = 0; t < tiles.count(); t += block) {
    most = std::max(most, pixels(tiles, t, std::min(tiles.count(), t + block), 1).size());
  }
  return most;
}

// Tiles of a block: as many as keep their points in the cache, blocks about equal and their number even. Few tiles stay
// one block, so that the weights' points are made once.
int block_tiles(const Tiles& tiles, int64_t ld, int64_t limit) {
  int64_t most = std::clamp<int64_t>(kBlockFloats / (tiles.positions * ld), 8 * kTile, limit);
  int64_t blocks = tiles.count() <= kFewTiles ? 1 : round_up((tiles.count() + most - 1) / most, 2);
  return static_cast<int>(std::min(round_up((tiles.count() + blocks - 1) / blocks, kTile), limit));
}

// Points of a block, [position][tile][ld] in groups, and a pointer to each tile's of the first position.
struct Points {
  Points(float* data, int tiles, int64_t stride, int64_t ld, const Groups& groups)
      : data(data), ld(ld), stride(stride), groups(groups) {
    for (int t = 0; t < tiles; t++) of[t] = data + t * ld;
  }

  // For products.
  Points(float* data, int tiles, int64_t ld) : Points(data, tiles, tiles * ld, ld, kWhole) {}

  // For outer products.
  Points(const ConvKernels& kernels, float* data, int tiles, int64_t ld, int group)
      : Points(data, tiles, tiles * ld, kernels.narrow ? group : ld,
               kernels.narrow ? Groups{group, static_cast<int64_t>(tiles) * group} : kWhole) {}

  float* data;
  int64_t ld, stride;
  Groups groups;
  const float* of[kMaxTiles];
};

using Transform = decltype(WinogradKernels::input);

// Points of tiles [first, end) of a source: pixels (top + i - border, left + j - border), i, j < size, of each.
void transform(const ConvKernels& kernels, Transform to_points, const Tiles& tiles, const Source& from, int channels,
               int64_t first, int64_t end, int size, int border, float* buffer, Points& points) {
  Range range = pixels(tiles, first, end, border);
  int64_t ld = line(channels, kernels.panel);
  kernels.read(from, range.first, range.size(), channels, buffer, ld);
  for (int64_t t = first; t < end; t++) {
    TilePosition position(tiles, t);
    const float* of[kMaxPositions];
    for (int i = 0; i < size * size; i++) {
      int64_t at = pixel(tiles, position, i / size - border, i % size - border);
      of[i] = at < 0 ? kZeros : buffer + (at - range.first) * ld;
    }
    to_points(of, channels, points.data + (t - first) * points.ld, points.stride, points.groups);
  }
}

void input_points(const ConvKernels& kernels, Transform to_points, const Tiles& tiles, const Source& from, int channels,
                  int64_t first, int64_t end, float* buffer, Points& points) {
  int size = tiles.outputs + winograd::kTaps - 1;
  transform(kernels, to_points, tiles, from, channels, first, end, size, 1, buffer, points);
}

struct Product {
  const WinogradKernels& transforms;
  Tiles tiles;
  int channels, words;  // of a row
  int columns;
  const float* packed;  // the weights' points
  bool few;             // packed is what winograd_pack made, instead
  int block;            // tiles

  int64_t blocks() const { return (tiles.count() + block - 1) / block; }
  int64_t end(int64_t b) const { return std::min(tiles.count(), (b + 1) * block); }
};

// m [position][tile][ld] = points times columns [column, column + width) of the weights.
void multiply(const ConvKernels& kernels, const Product& p, const Points& points, int count, int column, int width,
              float* m, int64_t ld, int64_t stride) {
  int64_t packed = packed_stride(p.columns, p.words, kernels.panel);
  int most = tile_depth(kernels.panel);
  for (int position = 0; position < p.tiles.positions; position++) {
    for (int k = 0; k < p.words; k += most) {
      int depth = std::min(most, p.words - k);
      for (int n = 0; n < width; n += kernels.panel) {
        const float* panel = p.packed + position * packed + (column + n) * p.words + k * kernels.panel;
        multiply_panel(kernels, count, depth, points.of, position * points.stride + k, panel,
                       m + position * stride + n, ld, k > 0,
                       weights_ahead(panel + kernels.panel * p.words, depth * kernels.panel));
      }
    }
  }
}

// Points [position][c][j] of `depth` channels' weights [c][tap][j]; returns the weights behind them.
const float* points_of(const WinogradKernels& transforms, const float* weights, int depth, int panel, float* points,
                       int64_t stride) {
  for (int c = 0; c < depth; c++, weights += kTaps * panel, points += panel) {
    transforms.weights(weights, panel, panel, points, stride);
  }
  return weights;
}

// The same, with the weights' points made on the way: for few tiles, a product's time is that of reading weights, and
// points are 4 times as many. weight_points holds some of them.
void multiply_few(const ConvKernels& kernels, const Product& p, const Points& points, int count, int column, int width,
                  float* m, int64_t ld, int64_t stride, float* weight_points) {
  int most = kPieceFloats / kernels.panel;
  const float* weights = p.packed + column * kTaps * static_cast<int64_t>(p.words);
  for (int n = 0; n < width; n += kernels.panel) {
    for (int k = 0; k < p.words; k += most) {
      int depth = std::min(most, p.words - k);
      weights = points_of(p.transforms, weights, depth, kernels.panel, weight_points, kPieceStride);
      for (int position = 0; position < p.tiles.positions; position++) {
        Range next = piece(kTaps * depth * kernels.panel, position, p.tiles.positions);
        multiply_panel(kernels, count, depth, points.of, position * points.stride + k,
                       weight_points + position * kPieceStride, m + position * stride + n, ld, k > 0,
                       weights_ahead(weights + next.first, next.size()));
      }
    }
  }
}

// Writes the block's pixels from m.
void finish(const ConvKernels& kernels, const Product& p, int64_t first, int64_t end, int column, int width,
            const float* m, int64_t ld, int64_t stride, float* pixels_of_tile, const Output& out) {
  int outputs = p.tiles.outputs;
  for (int64_t t = first; t < end; t++, m += ld) {
    p.transforms.output(m, stride, width, pixels_of_tile, ld);
    if (t == first) out.set_pivot(pixels_of_tile, column, width);
    TilePosition position(p.tiles, t);
    for (int i = 0; i < outputs * outputs; i++) {
      int64_t row = pixel(p.tiles, position, i / outputs, i % outputs);
      if (row >= 0) out.finish(kernels, pixels_of_tile + i * ld, row, column, width);
    }
  }
}

// Scratch memory of a thread.
struct Scratch {
  Scratch(const Product& p, int width, int panel)
      : ld(line(p.words, panel)),
        ldm(line(width, panel)),
        buffer(most_pixels(p.tiles, p.block) * line(p.channels, panel)),
        points(p.tiles.positions * p.block * ld),
        products(p.tiles.positions * p.block * ldm),
        piece(p.few ? p.tiles.positions * kPieceStride : 0),
        size(round_up(buffer + points + products + piece + p.tiles.outputs * p.tiles.outputs * ldm, 64)) {}

  int64_t ld, ldm, buffer, points, products, piece, size;
};

void run_block(const ConvKernels& kernels, const Product& p, const Source& from, int64_t block, int column, int width,
               const Scratch& sizes, float* scratch, const Output& out) {
  int64_t first = block * p.block, end = p.end(block);
  Points points(scratch + sizes.buffer, p.block, sizes.ld);
  float *m = scratch + sizes.buffer + sizes.points, *piece = m + sizes.products;
  int count = static_cast<int>(end - first);
  input_points(kernels, p.transforms.input_words, p.tiles, from, p.channels, first, end, scratch, points);
  if (p.few) {
    multiply_few(kernels, p, points, count, column, width, m, sizes.ldm, p.block * sizes.ldm, piece);
  } else {
    multiply(kernels, p, points, count, column, width, m, sizes.ldm, p.block * sizes.ldm);
  }
  finish(kernels, p, first, end, column, width, m, sizes.ldm, p.block * sizes.ldm, piece + sizes.piece, out);
}

// Pixels that a block puts out.
int64_t rows_of(const Product& p, int64_t block) {
  int64_t rows = 0;
  for (int64_t t = block * p.block; t < p.end(block); t++) {
    TilePosition at(p.tiles, t);
    rows += std::min(p.tiles.outputs, p.tiles.height - at.top) * std::min(p.tiles.outputs, p.tiles.width - at.left);
  }
  return rows;
}

void run(const ConvKernels& kernels, const Product& p, const Source& from, void* out, const Epilogue& epilogue,
         Sums* sums, ConvWorkspace& workspace) {
  int width = task_columns(p.columns, p.blocks(), kernels.panel);
  Scratch sizes(p, width, kernels.panel);
  float* scratch = grown(workspace.scratch, sizes.size * omp_get_max_threads());
  BlockSums partial(p.blocks(), p.columns, workspace);
#pragma omp parallel for schedule(dynamic) collapse(2)
  for (int64_t b = 0; b < p.blocks(); b++) {
    for (int column = 0; column < p.columns; column += width) {
      run_block(kernels, p, from, b, column, std::min(width, p.columns - column), sizes,
                scratch + sizes.size * omp_get_thread_num(), {out, epilogue, p.columns, partial.of(b)});
    }
  }
  if (sums == nullptr) return;
  if (epilogue.kind == Epilogue::kMoments) {
    partial.add_up_moments([&](int64_t block) { return rows_of(p, block); }, *sums);
  } else {
    partial.add_up(*sums);
  }
}

// packed[position][panel][c][j] from weights [panel][c][tap][j].
float* pack_points(const ConvKernels& kernels, const ConvShape& s, const float* weights, Floats& buffer) {
  const WinogradKernels& transforms = transforms_of(kernels, s);
  int width = kernels.panel;
  int64_t stride = packed_stride(s.out, s.in, width), panel = static_cast<int64_t>(s.in) * width;
  float* packed = grown(buffer, transforms.positions() * stride);
#pragma omp parallel for schedule(static) collapse(2)
  for (int n = 0; n < s.out; n += width) {
    for (int c = 0; c < s.in; c += kChannelStep) {
      int64_t at = n / width * panel + c * width;
      points_of(transforms, weights + at * kTaps, kChannelStep, width, packed + at, stride);
    }
  }
  return packed;
}

// packed[position][panel][n][j] = transformed weights[n][taps turned by 180 degrees][panel * width + j], as words of n.
float* pack_backward(const ConvKernels& kernels, const ConvShape& s, const float* weights, Floats& buffer) {
  const WinogradKernels& transforms = transforms_of(kernels, s);
  int width = kernels.panel, values = kernels.values, positions = transforms.positions();
  int64_t stride = packed_stride(s.in, kernels.words(s.out), width);
  float* packed = grown(buffer, positions * stride);
#pragma omp parallel for schedule(static) collapse(2)
  for (int c = 0; c < s.in; c += width) {
    for (int n = 0; n < s.out; n += values) {
      alignas(64) float points[kMaxPositions * kMaxValues * kMaxPanel];  // [position][value][column]
      int count = std::min(width, s.in - c);
      for (int v = 0; v < values; v++) {
        const float* last = weights + ((n + v) * kTaps + kTaps - 1) * static_cast<int64_t>(s.in) + c;
        transforms.weights(last, -s.in, count, points + v * width, values * width);
      }
      float* to = packed + static_cast<int64_t>(c) * kernels.words(s.out) + n / values * width;
      for (int i = 0; i < positions; i++, to += stride) {
        pack_rows(kernels, points + i * values * width, width, values, count, to, width);
        std::fill(to + count, to + width, 0.0f);
      }
    }
  }
  return packed;
}

Product product(const ConvKernels& kernels, const ConvShape& s, int channels, int columns, const float* packed) {
  const WinogradKernels& transforms = transforms_of(kernels, s);
  Tiles tiles(s, transforms);
  int64_t ld = std::max(line(channels, kernels.panel), line(columns, kernels.panel));
  int block = block_tiles(tiles, ld, std::min(kMaxTiles, kMaxRows / (tiles.outputs * tiles.outputs)));
  return {transforms, tiles, channels, kernels.words(channels), columns, packed, false, block};
}

// Tiles of a block: all, unless there are more threads than panels. Not where sums are taken: blocks decide how these
// are rounded.
int few_tiles(const Product& p, int panel) {
  int64_t panels = (p.columns + panel - 1) / panel, blocks = std::max<int64_t>(omp_get_max_threads() / panels, 1);
  return static_cast<int>(round_up((p.tiles.count() + blocks - 1) / blocks, kTile));
}

// Weight gradient of the points, [position][out][padded in], of some blocks of tiles.
struct PointsGradient {
  const ConvKernels& kernels;
  const WinogradKernels& transforms;
  const ConvShape& shape;
  int64_t padded;

  int64_t stride() const { return shape.out * padded; }
  int64_t floats() const { return transforms.positions() * stride(); }

  // g (+)= the block's outer products, for output channels `outputs`; `words` holds a position's dy.
  void add(const Points& x, const Points& dy, int count, const Range& outputs, float* words, float* g,
           bool accumulate) const {
    for (int position = 0; position < transforms.positions(); position++, g += stride()) {
      OuterRows of_dy{dy.data + position * dy.stride, dy.ld, dy.groups};
      if (kernels.values > 1) {
        pack_rows(kernels, of_dy.data, dy.ld, count, shape.out, words, dy.ld);
        of_dy.data = words;
      }
      for (int c = 0; c < shape.in; c += kernels.panel) {
        outer_products(kernels, count, of_dy, outputs, x.of, position * x.stride + x.groups.at(c), g + c, padded,
                       accumulate);
      }
    }
  }
};

// dw from the parts' gradients of the points.
void reduce_gradients(const PointsGradient& g, const float* partial, int parts, float* dw) {
#pragma omp parallel for schedule(static)
  for (int n = 0; n < g.shape.out; n++) {
    g.transforms.weights_gradient(partial + n * g.padded, g.stride(), parts, g.floats(), g.shape.in,
                                  dw + static_cast<int64_t>(n) * kTaps * g.shape.in);
  }
}

}  // namespace

bool winograd_applies(const ConvShape& s) {
  return s.kernel == winograd::kTaps && s.stride == 1 && s.in % kChannelStep == 0 && s.out % kChannelStep == 0;
}

void winograd_pack(const ConvShape& s, const float* weights, Floats& buffer) {
  int width = conv_kernels(false).panel;
  int64_t taps = static_cast<int64_t>(kTaps) * s.in;
  float* packed = grown(buffer, round_up(s.out, width) * taps);
#pragma omp parallel for schedule(static) collapse(3)
  for (int n = 0; n < s.out; n += width) {
    for (int tap = 0; tap < kTaps; tap++) {
      for (int c = 0; c < s.in; c += kChannelStep) {
        const float* from = weights + n * taps + tap * s.in + c;
        float* to = packed + n * taps + (c * kTaps + tap) * width;
        transpose(from, taps, std::min(width, s.out - n), kChannelStep, to, kTaps * width);
      }
    }
  }
}

void winograd_forward(const ConvShape& s, bool bf16, const Source& x, const float* packed, void* y,
                      const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  const ConvKernels& kernels = conv_kernels(bf16);
  Product p = product(kernels, s, s.in, s.out, packed);
  p.few = p.tiles.count() <= kFewTiles;
  if (!p.few) p.packed = pack_points(kernels, s, packed, workspace.points);
  if (p.few && sums == nullptr) p.block = few_tiles(p, kernels.panel);
  run(kernels, p, x, y, epilogue, sums, workspace);
}

void winograd_backward_input(const ConvShape& s, bool bf16, const Source& dy, const float* weights, void* dx,
                             const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  const ConvKernels& kernels = conv_kernels(bf16);
  const float* packed = pack_backward(kernels, s, weights, workspace.points);
  run(kernels, product(kernels, s, s.out, s.in, packed), dy, dx, epilogue, sums, workspace);
}

void winograd_backward_weights(const ConvShape& s, bool bf16, const Source& x, const Source& dy, float* dw,
                               ConvWorkspace& workspace) {
  const ConvKernels& kernels = conv_kernels(bf16);
  const WinogradKernels& transforms = transforms_of(kernels, s);
  Tiles tiles(s, transforms);
  int64_t ld_x = line(s.in, kernels.panel), ld_dy = line(s.out, kernels.panel);
  int block = block_tiles(tiles, std::max(ld_x, ld_dy), kMaxTiles);
  PointsGradient gradient{kernels, transforms, s, round_up(s.in, kernels.panel)};
  int64_t part = gradient.floats();
  GradientTasks tasks(part, (tiles.count() + block - 1) / block, s.out);
  int64_t buffer = most_pixels(tiles, block) * std::max(ld_x, ld_dy);
  int64_t x_points = tiles.positions * block * ld_x, dy_points = tiles.positions * block * ld_dy;
  int64_t dy_words = kernels.values > 1 ? block * ld_dy : 0;
  int64_t share = round_up(buffer + x_points + dy_points + dy_words, 64);
  float* scratch = grown(workspace.scratch, share * omp_get_max_threads());
  float* partial = grown(workspace.points, part * tasks.parts);
#pragma omp parallel for schedule(dynamic) collapse(2)
  for (int p = 0; p < tasks.parts; p++) {
    for (int slice = 0; slice < tasks.slices; slice++) {
      float* mine = scratch + share * omp_get_thread_num();
      Points of_x(kernels, mine + buffer, block, ld_x, kernels.panel);
      Points of_dy(kernels, mine + buffer + x_points, block, ld_dy, kGroup);
      Range blocks = tasks.blocks(p);
      for (int64_t b = blocks.first; b < blocks.end; b++) {
        int64_t first = b * block, end = std::min(tiles.count(), first + block);
        input_points(kernels, transforms.input, tiles, x, s.in, first, end, mine, of_x);
        transform(kernels, transforms.output_gradient, tiles, dy, s.out, first, end, tiles.outputs, 0, mine, of_dy);
        gradient.add(of_x, of_dy, static_cast<int>(end - first), tasks.outputs(slice),
                     of_dy.data + dy_points, partial + p * part, b > blocks.first);
      }
    }
  }
  reduce_gradients(gradient, partial, tasks.parts, dw);
}

}  // namespace a4j
