# Builds libjniAffect4j.so, the JNI side of engine.internal.Affect4j, with the pinned JavaCPP: its
# generator writes the C++, and is asked again only when the Java declarations or the header change.

set(A4J_JAVA_HOME "$ENV{JAVA_HOME}" CACHE PATH "A JDK")
set(A4J_CLASSES "${A4J_ROOT}/target/classes" CACHE PATH "Compiled Java classes")
set(A4J_JAVACPP_JAR "" CACHE FILEPATH "JavaCPP's jar; empty: no JNI library")

if(NOT A4J_JAVACPP_JAR)
  return()
endif()
if(NOT EXISTS ${A4J_JAVA_HOME}/include/jni.h)
  message(FATAL_ERROR "${A4J_JAVA_HOME} has no include/jni.h; install a JDK: apt-get install openjdk-17-jdk-headless")
endif()

set(internal ${A4J_ROOT}/src/main/java/io/github/affect4j/engine/internal)
set(generated ${CMAKE_CURRENT_BINARY_DIR}/jni)
file(MAKE_DIRECTORY ${generated})
add_custom_command(
  OUTPUT ${generated}/jniAffect4j.cpp ${generated}/jnijavacpp.cpp
  COMMAND ${A4J_JAVA_HOME}/bin/java -jar ${A4J_JAVACPP_JAR} -nocompile -nodelete -classpath ${A4J_CLASSES}
          -d ${generated} io.github.affect4j.engine.internal.Affect4j
  DEPENDS ${internal}/Affect4j.java ${internal}/presets/Affect4jPreset.java
          ${CMAKE_CURRENT_SOURCE_DIR}/include/affect4j.h ${A4J_JAVACPP_JAR}
  COMMENT "Generating the JNI side of Affect4j"
  VERBATIM)
add_library(jniAffect4j SHARED ${generated}/jniAffect4j.cpp ${generated}/jnijavacpp.cpp)
target_include_directories(jniAffect4j SYSTEM PRIVATE ${A4J_JAVA_HOME}/include ${A4J_JAVA_HOME}/include/linux)
target_compile_options(jniAffect4j PRIVATE -w -fvisibility=hidden)
target_link_libraries(jniAffect4j PRIVATE affect4j)
