package io.github.affect4j.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A failure the user can understand and mend. The message is one sentence: what was expected, what
 * came, what to do. The command line prints it without a stack trace and exits with 1.
 */
public final class InputException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public InputException(String message) {
    super(message);
  }

  public InputException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A failure at a line (1-based) of a text file. */
  public static InputException at(Path file, long line, String message) {
    return new InputException(file + ":" + line + ": " + message);
  }

  /** A failure of a whole file. */
  public static InputException in(Path file, String message) {
    return new InputException(file + ": " + message);
  }

  /** Why a file could not be read or written, in words; Java's own are often but the file's name. */
  public static String reason(IOException e) {
    if (e instanceof AccessDeniedException denied) {
      return "no permission for " + denied.getFile();
    }
    if (e instanceof NoSuchFileException missing) {
      return "there is no " + missing.getFile();
    }
    if (e instanceof FileAlreadyExistsException taken) {
      return taken.getFile() + " is a file";
    }
    return e instanceof FileSystemException file && file.getReason() != null ? file.getReason() : e.getMessage();
  }

  /**
   * A path that is no folder.
   *
   * @param expected the folder's kind with its article
   */
  public static InputException noFolder(Path path, String expected) {
    String came = Files.exists(path) ? "it is a file"
        : Files.notExists(path) ? "there is none" : "it cannot be reached: no permission, or a loop of links";
    return in(path, "expected " + expected + ", but " + came + "; check the path");
  }
}
