# -DA4J_TESTS=ON: every src/test/native/<name>_test.cpp becomes a program under ctest. A test is a
# plain main() that returns non-zero on failure. boundary_test links libaffect4j as the JVM does; the
# others link its objects, and so reach what the boundary hides.
#
# emulated_*_test run the CUDA kernels, and the GPU's network and step, on the CPU. A build with CUDA tests them on the
# GPU instead: src/test/native/cuda; a machine without one skips those tests (status 77). CHECK compiles them.
#
# What has kernels for several instruction sets is tested with each that this machine has, by AFFECT4J_ISA: the one that
# would be chosen by itself is among them. Sanitized builds leave out allocation_test, which replaces malloc as they do,
# and the coroutines of emulated_*_test.

enable_testing()

# Arguments behind the program are environment variables; a test that exits with 77 counts as skipped.
function(a4j_add_test name program)
  add_test(NAME ${name} COMMAND ${program})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT
                       "OMP_WAIT_POLICY=passive;OPENBLAS_NUM_THREADS=1;LD_LIBRARY_PATH=${A4J_OUTPUT}:${torch_rpath}:${jpeg_folder}:$ENV{LD_LIBRARY_PATH};${ARGN}")
endfunction()

set(isa_tests conv_test norm_test gradient_test)
file(GLOB tests CONFIGURE_DEPENDS ${A4J_ROOT}/src/test/native/*_test.cpp)
if(A4J_SANITIZE)
  list(FILTER tests EXCLUDE REGEX "/(allocation|emulated_[a-z]+)_test\\.cpp$")
endif()
file(GLOB cuda_tests CONFIGURE_DEPENDS ${A4J_ROOT}/src/test/native/cuda/*_test.cpp)
set(cuda_objects "")  # what affect4j_objects lacks in a build for GPUs
if(A4J_CUDA STREQUAL "ON")
  set(cuda_objects affect4j_cuda_objects affect4j_cuda_kernels)
  list(FILTER tests EXCLUDE REGEX "/emulated_[a-z]+_test\\.cpp$")
  list(APPEND tests ${cuda_tests})
elseif(A4J_CUDA STREQUAL "CHECK")
  add_library(cuda_tests OBJECT ${cuda_tests})
  target_include_directories(cuda_tests PRIVATE ${A4J_ROOT}/src/test/native)
  target_compile_options(cuda_tests PRIVATE -Wall -Wextra)
  target_link_libraries(cuda_tests PRIVATE affect4j_cuda_objects)
endif()
foreach(test ${tests})
  get_filename_component(name ${test} NAME_WE)
  add_executable(${name} ${test})
  target_compile_options(${name} PRIVATE -Wall -Wextra)
  if(name STREQUAL "boundary_test")
    target_link_libraries(${name} PRIVATE affect4j torch jpeg)
  elseif(name STREQUAL "emulated_step_test")
    # It brings a GPU in place of device/none.
    target_sources(${name} PRIVATE "$<FILTER:$<TARGET_OBJECTS:affect4j_objects>,EXCLUDE,/device/none/>")
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
    target_link_libraries(${name} PRIVATE torch jpeg)
  else()
    target_link_libraries(${name} PRIVATE affect4j_objects ${cuda_objects})
    set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  endif()
  target_include_directories(${name} PRIVATE ${A4J_ROOT}/src/test/native)
  if(name MATCHES "^emulated_")
    target_include_directories(${name} BEFORE PRIVATE ${A4J_ROOT}/src/test/native/emulated_cuda)
    # The host's threads are not what they test. Those of libtorch's convolutions spin, and decide how these round: the
    # network's batch is one in which no ReLU hangs on that with two.
    if(name STREQUAL "emulated_step_test")
      a4j_add_test(${name} ${name} OMP_NUM_THREADS=1)
    else()
      a4j_add_test(${name} ${name} OMP_NUM_THREADS=2)
    endif()
  elseif(NOT name IN_LIST isa_tests)
    a4j_add_test(${name} ${name})
  endif()
endforeach()
set_property(TEST jpeg_test boundary_test APPEND PROPERTY ENVIRONMENT A4J_JPEGS=${A4J_ROOT}/src/test/resources/jpeg)
if(TEST emulated_step_test)
  set_tests_properties(emulated_step_test PROPERTIES COST 100)  # by far the longest: begins first
endif()
# The norms of what multiplies bf16 are AVX-512's.
set(norm_test_isas avx512 avx2 generic)
set(conv_test_isas amx avx512_bf16 avx512 avx2 generic)
set(gradient_test_isas ${conv_test_isas})
foreach(name ${isa_tests})
  foreach(isa ${${name}_isas})
    a4j_add_test(${name}_${isa} ${name} AFFECT4J_ISA=${isa})
  endforeach()
endforeach()

# The same for AVX-512, emulated: what no machine here has must not go untested.
set(emulated ${A4J_ROOT}/src/test/native/emulated_avx512)
add_library(emulated_avx512 OBJECT ${emulated}/kernels.cpp)
target_include_directories(emulated_avx512 PRIVATE ${emulated} ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
target_compile_options(emulated_avx512 PRIVATE $<TARGET_PROPERTY:affect4j_objects,COMPILE_OPTIONS> -Wno-psabi -mavx2 -mfma -mf16c)
foreach(name ${isa_tests})
  add_executable(emulated_avx512_${name} $<TARGET_OBJECTS:${name}> $<TARGET_OBJECTS:emulated_avx512>
                 "$<FILTER:$<TARGET_OBJECTS:affect4j_objects>,EXCLUDE,/ops/cpu/(isa|[a-z]+_avx512|[a-z]+_avx512_bf16|[a-z]+_amx)[.]cpp>")
  target_link_libraries(emulated_avx512_${name} PRIVATE torch ${cuda_objects} $<TARGET_NAME_IF_EXISTS:affect4j_cuda> jpeg)
  set_target_properties(emulated_avx512_${name} PROPERTIES LINKER_LANGUAGE CXX)
  foreach(isa ${${name}_isas})
    if(isa MATCHES "avx512|amx")
      a4j_add_test(emulated_${name}_${isa} emulated_avx512_${name} AFFECT4J_ISA=${isa})
    endif()
  endforeach()
endforeach()
