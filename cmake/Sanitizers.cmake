# -DA4J_SANITIZE=address,undefined (or thread): instruments our code and its tests, not libtorch.
# The instrumented library is for the native tests; a JVM would need the runtime preloaded.

set(A4J_SANITIZE "" CACHE STRING "Comma-separated list for -fsanitize; empty: none")

if(A4J_SANITIZE)
  add_compile_options(-fsanitize=${A4J_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${A4J_SANITIZE})
endif()
