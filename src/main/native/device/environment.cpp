#include "device/environment.h"

#include <cstdlib>
#include <stdexcept>

namespace a4j {

std::string chosen_by(const char* variable, std::initializer_list<const char*> choices) {
  const char* wish = std::getenv(variable);
  if (wish == nullptr || *wish == '\0') return *choices.begin();
  std::string known;
  for (const char* choice : choices) {
    if (choice == std::string(wish)) return wish;
    known += (known.empty() ? "" : ", ") + std::string(choice);
  }
  throw std::invalid_argument("expected the environment variable " + std::string(variable) + " to be one of " + known +
                              ", got '" + std::string(wish).substr(0, 80) + "'; unset it, or choose one");
}

}  // namespace a4j
