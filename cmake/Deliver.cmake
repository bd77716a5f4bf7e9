# Puts the libraries into A4J_OUTPUT by renaming: the linker writes into an existing file, which would crash a
# process that has it loaded, such as a training that runs while somebody builds.

function(a4j_deliver target)
  set(delivered ${A4J_OUTPUT}/lib${target}.so)
  if(A4J_OUTPUT STREQUAL CMAKE_BINARY_DIR)
    return()
  endif()
  add_custom_command(
    OUTPUT ${delivered}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${A4J_OUTPUT}
    COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:${target}> ${delivered}.new
    COMMAND ${CMAKE_COMMAND} -E rename ${delivered}.new ${delivered}
    DEPENDS ${target}
    COMMENT ""
    VERBATIM)
  add_custom_target(deliver_${target} ALL DEPENDS ${delivered})
endfunction()

a4j_deliver(affect4j)
if(TARGET jniAffect4j)
  a4j_deliver(jniAffect4j)
endif()
