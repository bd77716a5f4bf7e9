# Provides the target `jpeg`: libjpeg-turbo, which the library of JavaCPP's leptonica preset exports, with its headers,
# where Maven unpacked them.

set(jpeg_folder ${A4J_NATIVE_LIBS}/org/bytedeco/leptonica/${A4J_PLATFORM})
if(NOT EXISTS ${jpeg_folder}/include/jpeglib.h)
  message(FATAL_ERROR "${jpeg_folder} has no libjpeg-turbo; run the build through Maven, which unpacks it.")
endif()
add_library(jpeg INTERFACE)
target_include_directories(jpeg SYSTEM INTERFACE ${jpeg_folder}/include)
target_link_libraries(jpeg INTERFACE ${jpeg_folder}/libleptonica.so.6)
target_link_options(jpeg INTERFACE -Wl,-rpath-link,${jpeg_folder})
