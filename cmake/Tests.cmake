# -DA4J_TESTS=ON: every src/test/native/<name>_test.cpp becomes a program under ctest. A test is a
# plain main() that returns non-zero on failure, linked to libaffect4j and libtorch.

enable_testing()
file(GLOB tests CONFIGURE_DEPENDS ${A4J_ROOT}/src/test/native/*_test.cpp)
foreach(test ${tests})
  get_filename_component(name ${test} NAME_WE)
  add_executable(${name} ${test})
  target_compile_options(${name} PRIVATE -Wall -Wextra)
  target_link_libraries(${name} PRIVATE affect4j torch)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "LD_LIBRARY_PATH=${A4J_OUTPUT}:${torch_rpath}")
endforeach()
