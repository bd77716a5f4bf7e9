package io.github.affect4j.engine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Why the library does not load, from what glibc's dynamic linker says. */
class LibraryLoadingTest {
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "raise ulimit -v | /x/libtorch_cpu.so: failed to map segment from shared object: Cannot allocate memory",
    "raise ulimit -v | /x/libtorch_cpu.so: failed to map segment from shared object",
    "raise ulimit -v | libtorch_cpu.so: cannot create shared object descriptor: Cannot allocate memory",
    "raise ulimit -v | libtorch_cpu.so: cannot map zero-fill pages: Cannot allocate memory",
    "raise ulimit -n | libc10.so: cannot open shared object file: Too many open files",
    "noexec          | /x/libc10.so: failed to map segment from shared object: Operation not permitted",
    "must be readable | libc10.so: cannot open shared object file: Permission denied",
  })
  void aLimitIsNamed(String advice, String said) {
    String reason = LibraryLoading.reason(new UnsatisfiedLinkError(said));
    assertTrue(reason.contains(advice) && reason.endsWith(": " + said), reason);
  }

  @Test
  void aMissingLibraryIsNamedAsItIs() {
    UnsatisfiedLinkError last = new UnsatisfiedLinkError("no jniAffect4j in java.library.path: /x");
    last.initCause(new UnsatisfiedLinkError("libc10.so: cannot open shared object file: No such file or directory"));
    assertEquals("libc10.so: cannot open shared object file: No such file or directory", LibraryLoading.reason(last));
  }
}
