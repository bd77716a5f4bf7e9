#include "ops/cpu/winograd.h"

#include <omp.h>

#include "ops/cpu/conv_blocks.h"
#include "ops/math/winograd.h"

namespace a4j {

namespace {

using winograd::kOutputs;
using winograd::kPoints;
constexpr int kPositions = kPoints * kPoints;
constexpr int kPixels = kOutputs * kOutputs;  // that a tile puts out
constexpr int kTaps = winograd::kTaps * winograd::kTaps;
constexpr int kChannelStep = 16;              // the widest vector
constexpr int kMaxTiles = 192;                // of a block, a multiple of kTile
constexpr int64_t kBlockFloats = 256 << 10;   // of a block's points

// Floats from one position's packed weights to the next; padded, so that positions do not share cache sets.
int64_t packed_stride(int columns, int channels, int panel) { return round_up(columns, panel) * channels + kLinePad; }

// Images as rows of tiles of 2x2 pixels; the last ones may reach beyond the image.
struct Tiles {
  Tiles(int images, int height, int width)
      : images(images), height(height), width(width), down((height + 1) / kOutputs), across((width + 1) / kOutputs) {}

  int64_t count() const { return static_cast<int64_t>(images) * down * across; }

  int images, height, width;
  int down, across;
};

struct TilePosition {
  TilePosition(const Tiles& tiles, int64_t tile)
      : image(tile / tiles.across / tiles.down),
        top(static_cast<int>(tile / tiles.across % tiles.down) * kOutputs),
        left(static_cast<int>(tile % tiles.across) * kOutputs) {}

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
  int top = std::max(a.top - border, 0), bottom = std::min(b.top + kOutputs + border, tiles.height);
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

// Tiles of a block: as many as keep their points in the cache, blocks about equal and their number even.
int block_tiles(int64_t tiles, int64_t floats_per_tile) {
  int64_t most = std::clamp<int64_t>(kBlockFloats / floats_per_tile, 8 * kTile, kMaxTiles);
  int64_t blocks = round_up((tiles + most - 1) / most, 2);
  return static_cast<int>(std::min<int64_t>(round_up((tiles + blocks - 1) / blocks, kTile), kMaxTiles));
}

// Points of a block, [position][tile][ld] in groups, and a pointer to each tile's of the first position.
struct Points {
  Points(float* data, int tiles, int64_t stride, int64_t ld, const Groups& groups)
      : data(data), ld(ld), stride(stride), groups(groups) {
    for (int t = 0; t < tiles; t++) of[t] = data + t * ld;
  }

  // For products.
  Points(float* data, int tiles, int64_t ld) : Points(data, tiles, tiles * ld, ld, whole(ld)) {}

  // For outer products.
  Points(const ConvKernels& kernels, float* data, int tiles, int64_t ld, int group)
      : Points(data, tiles, tiles * ld, kernels.narrow ? group : ld,
               kernels.narrow ? Groups{group, static_cast<int64_t>(tiles) * group} : whole(ld)) {}

  static int64_t floats(int tiles, int64_t ld) { return kPositions * tiles * ld; }

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
    const float* of[kPositions];
    for (int i = 0; i < size * size; i++) {
      int64_t at = pixel(tiles, position, i / size - border, i % size - border);
      of[i] = at < 0 ? kZeros : buffer + (at - range.first) * ld;
    }
    to_points(of, channels, points.data + (t - first) * points.ld, points.stride, points.groups);
  }
}

void input_points(const ConvKernels& kernels, Transform to_points, const Tiles& tiles, const Source& from, int channels,
                  int64_t first, int64_t end, float* buffer, Points& points) {
  transform(kernels, to_points, tiles, from, channels, first, end, kPoints, 1, buffer, points);
}

struct Product {
  Tiles tiles;
  int channels, words;  // of a row
  int columns;
  const float* packed;
  int block;  // tiles

  int64_t blocks() const { return (tiles.count() + block - 1) / block; }
  int64_t end(int64_t b) const { return std::min(tiles.count(), (b + 1) * block); }
};

// m [position][tile][ld] = points times columns [column, column + width) of the weights.
void multiply(const ConvKernels& kernels, const Product& p, const Points& points, int count, int column, int width,
              float* m, int64_t ld, int64_t stride) {
  int64_t packed = packed_stride(p.columns, p.words, kernels.panel);
  for (int position = 0; position < kPositions; position++) {
    for (int k = 0; k < p.words; k += kDepth) {
      int depth = std::min(kDepth, p.words - k);
      for (int n = 0; n < width; n += kernels.panel) {
        const float* panel = p.packed + position * packed + (column + n) * p.words + k * kernels.panel;
        multiply_panel(kernels, count, depth, points.of, position * points.stride + k, panel,
                       panel + kernels.panel * p.words, m + position * stride + n, ld, k > 0);
      }
    }
  }
}

// Writes the block's pixels from m.
void finish(const ConvKernels& kernels, const Product& p, int64_t first, int64_t end, int column, int width,
            const float* m, int64_t ld, int64_t stride, float* pixels_of_tile, const Output& out) {
  for (int64_t t = first; t < end; t++, m += ld) {
    kernels.winograd.output(m, stride, width, pixels_of_tile, ld);
    if (t == first) out.set_pivot(pixels_of_tile, column, width);
    TilePosition position(p.tiles, t);
    for (int i = 0; i < kPixels; i++) {
      int64_t row = pixel(p.tiles, position, i / kOutputs, i % kOutputs);
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
        points(Points::floats(p.block, ld)),
        products(Points::floats(p.block, ldm)),
        size(round_up(buffer + points + products + kPixels * ldm, 64)) {}

  int64_t ld, ldm, buffer, points, products, size;
};

void run_block(const ConvKernels& kernels, const Product& p, const Source& from, int64_t block, int column, int width,
               const Scratch& sizes, float* scratch, const Output& out) {
  int64_t first = block * p.block, end = p.end(block);
  Points points(scratch + sizes.buffer, p.block, sizes.ld);
  float* m = scratch + sizes.buffer + sizes.points;
  input_points(kernels, kernels.winograd.input_words, p.tiles, from, p.channels, first, end, scratch, points);
  multiply(kernels, p, points, static_cast<int>(end - first), column, width, m, sizes.ldm, p.block * sizes.ldm);
  finish(kernels, p, first, end, column, width, m, sizes.ldm, p.block * sizes.ldm, m + sizes.products, out);
}

// Pixels that a block puts out.
int64_t rows_of(const Product& p, int64_t block) {
  int64_t rows = 0;
  for (int64_t t = block * p.block; t < p.end(block); t++) {
    TilePosition at(p.tiles, t);
    rows += std::min(kOutputs, p.tiles.height - at.top) * std::min(kOutputs, p.tiles.width - at.left);
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

// packed[position][panel][n][j] = transformed weights[n][taps turned by 180 degrees][panel * width + j], as words of n.
float* pack_backward(const ConvKernels& kernels, const ConvShape& s, const float* weights, Floats& buffer) {
  int width = kernels.panel, values = kernels.values;
  int64_t stride = packed_stride(s.in, kernels.words(s.out), width);
  float* packed = grown(buffer, kPositions * stride);
#pragma omp parallel for schedule(static) collapse(2)
  for (int c = 0; c < s.in; c += width) {
    for (int n = 0; n < s.out; n += values) {
      alignas(64) float points[kPositions * kMaxValues * kMaxPanel];  // [position][value][column]
      int count = std::min(width, s.in - c);
      for (int v = 0; v < values; v++) {
        const float* last = weights + ((n + v) * kTaps + kTaps - 1) * static_cast<int64_t>(s.in) + c;
        kernels.winograd.weights(last, -s.in, count, points + v * width, values * width);
      }
      float* to = packed + static_cast<int64_t>(c) * kernels.words(s.out) + n / values * width;
      for (int i = 0; i < kPositions; i++, to += stride) {
        pack_rows(kernels, points + i * values * width, width, values, count, to, width);
        std::fill(to + count, to + width, 0.0f);
      }
    }
  }
  return packed;
}

Product product(const ConvKernels& kernels, const ConvShape& s, int channels, int columns, const float* packed) {
  Tiles tiles(s.images, s.height, s.width);
  int64_t ld = std::max(line(channels, kernels.panel), line(columns, kernels.panel));
  return {tiles, channels, kernels.words(channels), columns, packed, block_tiles(tiles.count(), kPositions * ld)};
}

// Weight gradient of the points, [position][out][padded in], of some blocks of tiles.
struct PointsGradient {
  const ConvKernels& kernels;
  const ConvShape& shape;
  int64_t padded;

  int64_t stride() const { return shape.out * padded; }

  // g (+)= the block's outer products, for output channels `outputs`; `words` holds a position's dy.
  void add(const Points& x, const Points& dy, int count, const Range& outputs, float* words, float* g,
           bool accumulate) const {
    for (int position = 0; position < kPositions; position++, g += stride()) {
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
  int64_t part = kPositions * g.stride();
#pragma omp parallel for schedule(static)
  for (int n = 0; n < g.shape.out; n++) {
    g.kernels.winograd.weights_gradient(partial + n * g.padded, g.stride(), parts, part, g.shape.in,
                                        dw + static_cast<int64_t>(n) * kTaps * g.shape.in);
  }
}

}  // namespace

bool winograd_applies(const ConvShape& s) {
  return s.kernel == winograd::kTaps && s.stride == 1 && s.in % kChannelStep == 0 && s.out % kChannelStep == 0;
}

void winograd_pack(const ConvShape& s, const float* weights, Floats& buffer) {
  constexpr int kColumn = kPositions * kChannelStep;
  const ConvKernels& kernels = conv_kernels(false);
  int width = kernels.panel, step = std::min(width, kChannelStep);
  int64_t stride = packed_stride(s.out, s.in, width), taps = static_cast<int64_t>(kTaps) * s.in;
  float* packed = grown(buffer, kPositions * stride);
#pragma omp parallel for schedule(static) collapse(2)
  for (int n = 0; n < static_cast<int>(round_up(s.out, width)); n += step) {
    for (int c = 0; c < s.in; c += kChannelStep) {
      alignas(64) float points[kChannelStep * kColumn] = {};  // [output][position][channel]
      for (int j = 0; j < step && n < s.out; j++) {
        kernels.winograd.weights(weights + (n + j) * taps + c, s.in, kChannelStep, points + j * kColumn, kChannelStep);
      }
      float* to = packed + static_cast<int64_t>(n / width * width) * s.in + c * width + n % width;
      for (int i = 0; i < kPositions; i++) {
        transpose(points + i * kChannelStep, kColumn, step, kChannelStep, to + i * stride, width);
      }
    }
  }
}

void winograd_forward(const ConvShape& s, bool bf16, const Source& x, const float* packed, void* y,
                      const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  const ConvKernels& kernels = conv_kernels(bf16);
  run(kernels, product(kernels, s, s.in, s.out, packed), x, y, epilogue, sums, workspace);
}

void winograd_backward_input(const ConvShape& s, bool bf16, const Source& dy, const float* weights, void* dx,
                             const Epilogue& epilogue, Sums* sums, ConvWorkspace& workspace) {
  const ConvKernels& kernels = conv_kernels(bf16);
  const float* packed = pack_backward(kernels, s, weights, workspace.weights);
  run(kernels, product(kernels, s, s.out, s.in, packed), dy, dx, epilogue, sums, workspace);
}

void winograd_backward_weights(const ConvShape& s, bool bf16, const Source& x, const Source& dy, float* dw,
                               ConvWorkspace& workspace) {
  const ConvKernels& kernels = conv_kernels(bf16);
  Tiles tiles(s.images, s.height, s.width);
  int64_t ld_x = line(s.in, kernels.panel), ld_dy = line(s.out, kernels.panel);
  int block = block_tiles(tiles.count(), kPositions * std::max(ld_x, ld_dy));
  PointsGradient gradient{kernels, s, round_up(s.in, kernels.panel)};
  int64_t part = kPositions * gradient.stride();
  GradientTasks tasks(part, (tiles.count() + block - 1) / block, s.out);
  int64_t buffer = most_pixels(tiles, block) * std::max(ld_x, ld_dy);
  int64_t x_points = Points::floats(block, ld_x);
  int64_t dy_points = Points::floats(block, ld_dy), dy_words = kernels.values > 1 ? block * ld_dy : 0;
  int64_t share = round_up(buffer + x_points + dy_points + dy_words, 64);
  float* scratch = grown(workspace.scratch, share * omp_get_max_threads());
  float* partial = grown(workspace.weights, part * tasks.parts);
#pragma omp parallel for schedule(dynamic) collapse(2)
  for (int p = 0; p < tasks.parts; p++) {
    for (int slice = 0; slice < tasks.slices; slice++) {
      float* mine = scratch + share * omp_get_thread_num();
      Points of_x(kernels, mine + buffer, block, ld_x, kernels.panel);
      Points of_dy(kernels, mine + buffer + x_points, block, ld_dy, kGroup);
      Range blocks = tasks.blocks(p);
      for (int64_t b = blocks.first; b < blocks.end; b++) {
        int64_t first = b * block, end = std::min(tiles.count(), first + block);
        input_points(kernels, kernels.winograd.input, tiles, x, s.in, first, end, mine, of_x);
        transform(kernels, kernels.winograd.output_gradient, tiles, dy, s.out, first, end, kOutputs, 0, mine, of_dy);
        gradient.add(of_x, of_dy, static_cast<int>(end - first), tasks.outputs(slice),
                     of_dy.data + dy_points, partial + p * part, b > blocks.first);
      }
    }
  }
  reduce_gradients(gradient, partial, tasks.parts, dw);
}

}  // namespace a4j
