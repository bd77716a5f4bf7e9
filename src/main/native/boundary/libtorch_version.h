// Another libtorch than the one we were compiled for may load, and then fail in odd ways: ask first.
#pragma once

namespace a4j {

// Throws Unsupported, naming both versions, if the loaded libtorch is not the compiled-for one.
void require_matching_libtorch();

}  // namespace a4j
