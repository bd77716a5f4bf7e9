// Treats denormals as zero while in scope, on the calling thread and on its OpenMP workers: they slow
// arithmetic many times over, and nothing here depends on them.
#pragma once

namespace a4j {

class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  unsigned previous_;
};

}  // namespace a4j
