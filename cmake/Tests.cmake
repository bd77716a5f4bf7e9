# -DA4J_TESTS=ON: every src/test/native/<name>_test.cpp becomes a program under ctest. A test is a
# plain main() that returns non-zero on failure. boundary_test links libaffect4j as the JVM does; the
# others link its objects, and so reach what the boundary hides.

enable_testing()
file(GLOB tests CONFIGURE_DEPENDS ${A4J_ROOT}/src/test/native/*_test.cpp)
foreach(test ${tests})
  get_filename_component(name ${test} NAME_WE)
  add_executable(${name} ${test})
  target_compile_options(${name} PRIVATE -Wall -Wextra)
  if(name STREQUAL "boundary_test")
    target_link_libraries(${name} PRIVATE affect4j torch)
  else()
    target_link_libraries(${name} PRIVATE affect4j_objects)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "OMP_WAIT_POLICY=passive;LD_LIBRARY_PATH=${A4J_OUTPUT}:${torch_rpath}")
endforeach()
