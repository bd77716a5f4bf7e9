package io.github.affect4j.io;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** What people have in place of a safetensors file, known by its first bytes, and what to do with it. */
enum ForeignFile {
  ZIP("PK", "a zip archive, as torch.save writes (.pth, .pt); " + Advice.CONVERT),
  PICKLE("\u0080", "a Python pickle, as old releases of PyTorch write (.pth); " + Advice.CONVERT),
  HDF5("\u0089HDF", "an HDF5 file (.h5), as Keras writes; " + Advice.TORCHVISION),
  ONNX("\b", "a protocol buffer, as of ONNX; " + Advice.TORCHVISION),
  LFS_POINTER("version https://git-lfs", "a pointer of Git LFS to the real one; fetch that with 'git lfs pull'"),
  INDEX("{", "JSON text; where it is the index of weights in several files (.safetensors.index.json), "
      + Advice.CONVERT),
  WEB_PAGE("<", "a web page or other markup; look at it to see why the download failed"),
  GZIP("\u001f\u008b", "compressed by gzip; unpack it");

  /** Bytes that {@link #of} needs at most. */
  static final int HEAD_BYTES = 32;

  private final byte[] prefix;
  private final String description;

  ForeignFile(String prefix, String description) {
    this.prefix = prefix.getBytes(StandardCharsets.ISO_8859_1);
    this.description = description;
  }

  /**
   * Recognises a file that is known to be no safetensors file, whose first bytes may be any.
   *
   * @param head its first bytes
   * @return what it is and what to do, to follow "it is"
   */
  static Optional<String> of(ByteBuffer head) {
    byte[] bytes = new byte[head.remaining()];
    head.duplicate().get(bytes);
    return Arrays.stream(values()).filter(kind -> kind.begins(bytes)).map(kind -> kind.description).findFirst();
  }

  private boolean begins(byte[] head) {
    return head.length >= prefix.length && Arrays.equals(head, 0, prefix.length, prefix, 0, prefix.length);
  }

  private static final class Advice {
    static final String CONVERT = "make a safetensors file of it by the line in docs/file-formats.md";
    static final String TORCHVISION = "give the safetensors file of a PyTorch ResNet-50 (docs/file-formats.md)";
  }
}
