package io.github.affect4j.engine.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.Pointer;

/**
 * Owner of one native object. Closing twice is harmless; use after closing, or closing while
 * another handle or a call uses it, is an IllegalStateException instead of a crash.
 */
public final class Handle implements AutoCloseable {
  private final String noun;
  private final Consumer<Pointer> free;
  private final List<Handle> borrowed = new ArrayList<>();
  private Pointer pointer;
  private int users;

  Handle(String noun, Pointer pointer, Consumer<Pointer> free, Handle borrowed) {
    this.noun = noun;
    this.pointer = pointer;
    this.free = free;
    if (borrowed != null) {
      this.borrowed.add(borrowed);
    }
  }

  /** Marks the object as in use and returns it; {@link #release} must follow. */
  synchronized Pointer acquire() {
    if (pointer == null) {
      throw new IllegalStateException("this " + noun + " is closed");
    }
    users++;
    return pointer;
  }

  /** Holds another handle, which has been acquired for it, until this one is closed. */
  void keep(Handle acquired) {
    borrowed.add(acquired);
  }

  synchronized void release() {
    users--;
  }

  @Override
  public void close() {
    synchronized (this) {
      if (pointer == null) {
        return;
      }
      if (users > 0) {
        throw new IllegalStateException("this " + noun + " is still in use; close its users first");
      }
      free.accept(pointer);
      pointer = null;
    }
    borrowed.forEach(Handle::release);
  }
}
