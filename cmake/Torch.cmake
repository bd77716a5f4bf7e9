# Provides the target `torch`: libtorch's headers and shared libraries.
#
#   LIBTORCH_HOME      a torch folder (include/ and lib/), such as a pip installation's; else
#   A4J_TORCH_VERSION  the pinned version: headers of PyPI's wheel from the cache, fetched if absent,
#   A4J_NATIVE_LIBS    and the libraries that Maven unpacked from the jars of the JavaCPP presets.

set(LIBTORCH_HOME "" CACHE PATH "A torch folder from elsewhere; empty: the pinned one")
set(A4J_TORCH_VERSION "2.10.0" CACHE STRING "Version of the pinned libtorch")
set(A4J_TORCH_PLATFORM "${A4J_PLATFORM}" CACHE STRING "Folder of libtorch's libraries there")
set(A4J_NATIVE_LIBS "${CMAKE_SOURCE_DIR}/../../../target/native-libs" CACHE PATH "Unpacked jars")

function(a4j_pinned_headers out)
  find_program(A4J_PYTHON3 NAMES python3 REQUIRED)
  execute_process(
    COMMAND ${A4J_PYTHON3} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/fetch_torch_headers.py --version ${A4J_TORCH_VERSION}
    OUTPUT_VARIABLE include OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "The headers of torch ${A4J_TORCH_VERSION} are missing; the line above says why.")
  endif()
  set(${out} ${include} PARENT_SCOPE)
endfunction()

function(a4j_headers_version include out)
  file(STRINGS ${include}/torch/headeronly/version.h lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE "[^0-9;]" "" numbers "${lines}")
  string(REPLACE ";" "." version "${numbers}")
  set(${out} ${version} PARENT_SCOPE)
endfunction()

if(LIBTORCH_HOME)
  set(torch_include ${LIBTORCH_HOME}/include)
  set(torch_folders ${LIBTORCH_HOME}/lib)
else()
  a4j_pinned_headers(torch_include)
  set(torch_folders ${A4J_NATIVE_LIBS}/org/bytedeco/pytorch/${A4J_TORCH_PLATFORM}
                    ${A4J_NATIVE_LIBS}/org/bytedeco/openblas/${A4J_PLATFORM})
endif()

if(NOT EXISTS ${torch_include}/torch/headeronly/version.h)
  message(FATAL_ERROR "${torch_include} has no headers of torch 2.9 or later; set LIBTORCH_HOME to a torch folder.")
endif()
a4j_headers_version(${torch_include} TORCH_HEADERS_VERSION)
if(NOT LIBTORCH_HOME AND NOT TORCH_HEADERS_VERSION VERSION_EQUAL A4J_TORCH_VERSION)
  message(FATAL_ERROR "${torch_include} has torch ${TORCH_HEADERS_VERSION}, not ${A4J_TORCH_VERSION}; remove it.")
endif()

foreach(name torch_cpu c10)
  unset(torch_library_${name})
  find_library(torch_library_${name} NAMES ${name} PATHS ${torch_folders} NO_DEFAULT_PATH NO_CACHE)
  if(NOT torch_library_${name})
    message(FATAL_ERROR "lib${name}.so is not in ${torch_folders}; run the build through Maven, which unpacks it.")
  endif()
endforeach()
# The OpenMP runtime that libtorch itself uses: a second one in the process would oversubscribe.
list(GET torch_folders 0 torch_folder)
file(GLOB torch_gomp "${torch_folder}/libgomp*.so*")
if(NOT torch_gomp)
  set(torch_gomp gomp)
endif()

add_library(torch INTERFACE)
target_include_directories(torch SYSTEM INTERFACE ${torch_include} ${torch_include}/torch/csrc/api/include)
target_compile_definitions(torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1
                           A4J_TORCH_VERSION="${TORCH_HEADERS_VERSION}")
target_compile_options(torch INTERFACE -fopenmp)
target_link_libraries(torch INTERFACE ${torch_library_torch_cpu} ${torch_library_c10} ${torch_gomp})
list(JOIN torch_folders ":" torch_rpath)
target_link_options(torch INTERFACE -Wl,-rpath-link,${torch_rpath})
message(STATUS "libtorch ${TORCH_HEADERS_VERSION}: ${torch_include}, ${torch_library_torch_cpu}")
