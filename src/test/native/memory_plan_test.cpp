// Places of buffers whose lives are known: none that live at the same time may overlap.
#include "train/memory_plan.h"

#include "check.h"

using namespace a4j_test;
using a4j::MemoryPlan;
using Life = MemoryPlan::Life;

namespace {

struct Buffer {
  int64_t bytes;
  std::vector<Life> lives;
  void* data = nullptr;

  char* begin() const { return static_cast<char*>(data); }

  bool lives_at(int time) const {
    return std::any_of(lives.begin(), lives.end(), [&](const Life& l) { return l.first <= time && time <= l.last; });
  }
};

constexpr int kTimes = 40;

// Arranges the buffers in memory of their own and checks each place. Returns the bytes they take together.
int64_t arranged(std::vector<Buffer>& buffers, const std::string& what) {
  MemoryPlan plan;
  for (Buffer& b : buffers) plan.add(&b.data, b.bytes, b.lives);
  int64_t total = plan.arrange();
  std::vector<char> memory(total);
  plan.place(memory.data());
  bool inside = true, aligned = true, apart = true;
  for (const Buffer& b : buffers) {
    inside = inside && b.begin() >= memory.data() && b.begin() + b.bytes <= memory.data() + total;
    aligned = aligned && (b.begin() - memory.data()) % MemoryPlan::kAlignment == 0;
  }
  for (int time = 0; time < kTimes; time++) {
    for (const Buffer& a : buffers) {
      for (const Buffer& b : buffers) {
        if (&a == &b || !a.lives_at(time) || !b.lives_at(time)) continue;
        apart = apart && (a.begin() + a.bytes <= b.begin() || b.begin() + b.bytes <= a.begin());
      }
    }
  }
  check(inside, what + ": all buffers lie in the memory");
  check(aligned, what + ": all buffers are aligned");
  check(apart, what + ": no two buffers overlap while both live");
  return total;
}

// Bytes that live at the fullest time: no plan takes less.
int64_t fullest(const std::vector<Buffer>& buffers) {
  int64_t most = 0;
  for (int time = 0; time < kTimes; time++) {
    int64_t bytes = 0;
    for (const Buffer& b : buffers) bytes += b.lives_at(time) ? b.bytes : 0;
    most = std::max(most, bytes);
  }
  return most;
}

void one_after_another() {
  std::vector<Buffer> buffers{{640, {{0, 1}}}, {640, {{2, 3}}}, {640, {{4, 4}}}};
  check(arranged(buffers, "one after another") == 640, "buffers that follow each other share their place");
}

void at_the_same_time() {
  std::vector<Buffer> buffers{{640, {{0, 2}}}, {640, {{2, 3}}}, {1, {{2, 2}}}};
  check(arranged(buffers, "at the same time") == 2 * 640 + MemoryPlan::kAlignment, "lives include both their ends");
}

// The place between a buffer's two lives is free for another.
void between_two_lives() {
  std::vector<Buffer> buffers{{640, {{0, 1}, {8, 9}}}, {640, {{2, 7}}}};
  check(arranged(buffers, "between two lives") == 640, "between two lives others may have the place");
  buffers.push_back({640, {{7, 8}}});
  check(arranged(buffers, "across both") == 2 * 640, "a buffer that meets the second life lies apart");
}

// As in a training step: what is kept until its backward, and scratch of each backward.
void nested_lives_take_no_more_than_the_fullest_time() {
  std::vector<Buffer> buffers;
  for (int i = 0; i < 10; i++) {
    buffers.push_back({6400 >> i / 3, {{i, kTimes - 1 - i}}});
    buffers.push_back({3200 >> i / 3, {{kTimes - 1 - i, kTimes - 1 - i}}});
  }
  int64_t total = arranged(buffers, "nested lives");
  check(total <= fullest(buffers) + 3 * MemoryPlan::kAlignment, "nested lives waste nothing but alignment");
}

void random_lives() {
  Random random(5);
  for (int round = 0; round < 200; round++) {
    std::vector<Buffer> buffers;
    for (int i = 0; i < 30; i++) {
      int first = below(random, kTimes / 2), last = first + below(random, 6);
      std::vector<Life> lives{{first, last}};
      if (below(random, 2) == 0) lives.push_back({last + 1 + below(random, 5), last + 6});
      buffers.push_back({1 + below(random, 5000), lives});
    }
    int64_t least = fullest(buffers), total = arranged(buffers, "random lives " + std::to_string(round));
    check(total >= least, "no plan takes less than lives at the fullest time");
  }
}

}  // namespace

int main() {
  one_after_another();
  at_the_same_time();
  between_two_lives();
  nested_lives_take_no_more_than_the_fullest_time();
  random_lives();
  return report("memory_plan_test");
}
