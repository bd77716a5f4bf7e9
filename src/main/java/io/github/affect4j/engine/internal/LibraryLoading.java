package io.github.affect4j.engine.internal;

import java.util.List;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.Loader;

/** Loads our library and libtorch below it, and says why that fails. */
final class LibraryLoading {
  private LibraryLoading() {}

  /**
   * Loads what the class declares.
   *
   * @throws UnsatisfiedLinkError saying which library failed first and why; JavaCPP would name the last one, which only
   *     misses the first
   */
  static void load(Class<?> declarations) {
    ClassProperties properties = Loader.loadProperties(declarations, Loader.loadProperties(), true);
    UnsatisfiedLinkError first = null;
    for (String library : properties.get("platform.preload")) {
      var places = Loader.findLibrary(declarations, properties, library);
      try {
        if (places.length > 0) {
          Loader.loadLibrary(declarations, places, library);
        }
      } catch (UnsatisfiedLinkError e) {
        first = first == null ? e : first; // one of a GPU's may be of no use here, and not needed
      }
    }
    try {
      Loader.load(declarations);
    } catch (UnsatisfiedLinkError e) {
      UnsatisfiedLinkError told = new UnsatisfiedLinkError(reason(first == null ? e : first));
      told.initCause(e);
      throw told;
    }
  }

  /** What the dynamic linker said, or the limit that is behind it. */
  static String reason(Throwable error) {
    Throwable innermost = error;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    String said = String.valueOf(innermost.getMessage()).lines().findFirst().orElse("");
    if (said.contains("Too many open files")) {
      return "too few files may be open; raise ulimit -n: " + said;
    }
    if (said.contains("Operation not permitted") || said.contains("Permission denied")) {
      return "its folder must be readable, on a disk that is not mounted noexec: " + said;
    }
    boolean memory = List.of("Cannot allocate memory", "failed to map segment", "cannot map zero-fill pages",
        "cannot create shared object descriptor").stream().anyMatch(said::contains);
    return memory ? "too little memory or address space; raise ulimit -v or the container's memory: " + said : said;
  }
}
