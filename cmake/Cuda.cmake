# CUDA, by A4J_CUDA:
#   OFF    a build for the CPU only
#   CHECK  the same, and all that is written for CUDA is compiled, not linked: what a machine without a
#          GPU can check. Says aloud when there is no compiler.
#   ON     a build that can use GPUs; needs a LIBTORCH_HOME, or A4J_NATIVE_LIBS, with libtorch_cuda.so.
# Provides, unless OFF, the objects of affect4j_cuda_kernels (nvcc) and affect4j_cuda_objects (the rest).
#
#   A4J_NVCC           CUDA's compiler; empty: the one on PATH or in CUDA_HOME, else pinned wheels from PyPI
#   A4J_CUDA_ARCHS     compute capabilities; those that the compiler does not know are left out

set(A4J_CUDA "OFF" CACHE STRING "OFF, CHECK or ON")
set(A4J_NVCC "" CACHE FILEPATH "CUDA's compiler; empty: found, or fetched")
set(A4J_CUDA_ARCHS "80;90;100" CACHE STRING "Compute capabilities, without the point")

if(NOT A4J_CUDA)
  return()
endif()

# nvcc's path, or an empty string.
function(a4j_find_nvcc out)
  if(A4J_NVCC)
    set(${out} ${A4J_NVCC} PARENT_SCOPE)
    return()
  endif()
  find_program(found nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin NO_CACHE)
  if(NOT found)
    find_program(A4J_PYTHON3 NAMES python3 REQUIRED)
    execute_process(COMMAND ${A4J_PYTHON3} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/fetch_nvcc.py
                    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
      set(found "")
    endif()
  endif()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# Those of A4J_CUDA_ARCHS that the compiler knows; the last one also as PTX, for GPUs to come.
function(a4j_cuda_architectures nvcc out)
  execute_process(COMMAND ${nvcc} --list-gpu-arch OUTPUT_VARIABLE known)
  set(list)
  foreach(arch ${A4J_CUDA_ARCHS})
    if(known MATCHES "compute_${arch}[^0-9a-z]")
      list(APPEND list ${arch}-real)
    else()
      message(STATUS "CUDA: ${nvcc} does not know sm_${arch}")
    endif()
  endforeach()
  list(POP_BACK list newest)
  string(REPLACE "-real" "" newest "${newest}")
  set(${out} ${list} ${newest} PARENT_SCOPE)
endfunction()

a4j_find_nvcc(nvcc)
if(NOT nvcc)
  if(A4J_CUDA STREQUAL "CHECK")
    message(WARNING "CUDA SKIPPED: no nvcc here or from PyPI (the line above says why); "
                    "src/main/native/**/cuda is not compiled, only emulated in tests.")
    set(A4J_CUDA OFF)
    return()
  endif()
  message(FATAL_ERROR "A4J_CUDA=ON needs CUDA's compiler: install a CUDA toolkit, or set A4J_NVCC to its nvcc.")
endif()

a4j_cuda_architectures(${nvcc} CMAKE_CUDA_ARCHITECTURES)
set(CMAKE_CUDA_COMPILER ${nvcc})
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_VISIBILITY_PRESET hidden)
set(CMAKE_CUDA_FLAGS_RELEASE "-O3 -lineinfo")
if(A4J_CCACHE)
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${A4J_CCACHE})
endif()
enable_language(CUDA)
message(STATUS "CUDA ${CMAKE_CUDA_COMPILER_VERSION}: ${nvcc}, for ${CMAKE_CUDA_ARCHITECTURES}")

file(GLOB cuda_kernels CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/ops/cuda/*.cu)
add_library(affect4j_cuda_kernels OBJECT ${cuda_kernels})
target_include_directories(affect4j_cuda_kernels PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
target_compile_options(affect4j_cuda_kernels PRIVATE -Xcompiler=-Wall)

file(GLOB cuda_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/*/cuda/*.cpp)
add_library(affect4j_cuda_objects OBJECT ${cuda_sources})
target_include_directories(affect4j_cuda_objects PUBLIC include ${CMAKE_SOURCE_DIR})
target_include_directories(affect4j_cuda_objects SYSTEM PUBLIC ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
target_compile_options(affect4j_cuda_objects PRIVATE -Wall -Wextra)
target_link_libraries(affect4j_cuda_objects PUBLIC torch)

if(A4J_CUDA STREQUAL "ON")
  foreach(name torch_cuda c10_cuda)
    find_library(torch_library_${name} NAMES ${name} PATHS ${torch_folders} NO_DEFAULT_PATH NO_CACHE)
    if(NOT torch_library_${name})
      message(FATAL_ERROR "lib${name}.so is not in ${torch_folders}: this libtorch is for the CPU only. "
                          "Set LIBTORCH_HOME (-Dlibtorch.home) to the torch folder of a pip installation with CUDA, or take "
                          "JavaCPP's libtorch with CUDA (-Dpytorch.platform=linux-x86_64-gpu).")
    endif()
  endforeach()
  # Our own copy of CUDA's runtime, hidden: it need not be the version that libtorch has.
  get_filename_component(cuda_home ${nvcc} REALPATH)
  get_filename_component(cuda_home ${cuda_home}/../.. ABSOLUTE)
  find_library(cuda_runtime libcudart_static.a REQUIRED NO_CACHE
               PATHS ${cuda_home} ${CMAKE_CUDA_IMPLICIT_LINK_DIRECTORIES} PATH_SUFFIXES lib64 lib)
  add_library(affect4j_cuda INTERFACE)
  target_link_libraries(affect4j_cuda INTERFACE ${torch_library_torch_cuda} ${torch_library_c10_cuda} ${cuda_runtime}
                                                rt dl pthread)
  target_link_options(affect4j_cuda INTERFACE -Wl,--exclude-libs,libcudart_static.a -Wl,--allow-shlib-undefined)
endif()
