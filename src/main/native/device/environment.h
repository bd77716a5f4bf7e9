// Environment variables that choose: a value that means nothing is refused, not ignored.
#pragma once

#include <initializer_list>
#include <string>

namespace a4j {

// What the variable says, or the first choice if it is not set or empty; std::invalid_argument if it is none of them.
std::string chosen_by(const char* variable, std::initializer_list<const char*> choices);

}  // namespace a4j
