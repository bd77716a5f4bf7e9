package io.github.affect4j.io;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** Element types of the safetensors format; the floating-point ones of 2 bytes and more can be read. */
public enum TensorType {
  BOOL(1),
  U8(1),
  I8(1),
  F8_E4M3(1),
  F8_E5M2(1),
  I16(2),
  U16(2),
  F16(2),
  BF16(2),
  I32(4),
  U32(4),
  F32(4),
  F64(8),
  I64(8),
  U64(8);

  private final int bytes;

  TensorType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** True if {@link #convert} knows this type. */
  public boolean isReadable() {
    return this == F16 || this == BF16 || this == F32 || this == F64;
  }

  /** Converts all of a little-endian buffer to floats, rounding F64 to nearest. */
  void convert(ByteBuffer source, FloatBuffer destination) {
    switch (this) {
      case F32 -> destination.put(source.asFloatBuffer());
      case F64 -> {
        while (source.hasRemaining()) {
          destination.put((float) source.getDouble());
        }
      }
      case BF16 -> {
        while (source.hasRemaining()) {
          destination.put(Float.intBitsToFloat(source.getShort() << 16));
        }
      }
      case F16 -> {
        while (source.hasRemaining()) {
          destination.put(halfToFloat(source.getShort()));
        }
      }
      default -> throw new IllegalArgumentException(this + " is not a floating-point type that can be read");
    }
  }

  /** IEEE 754 binary16; Java has this conversion from version 20 on. */
  private static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 0x1f;
    int mantissa = half & 0x3ff;
    if (exponent == 0) {
      float magnitude = mantissa * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    int wideExponent = exponent == 0x1f ? 0xff : exponent + 127 - 15;
    return Float.intBitsToFloat(sign | wideExponent << 23 | mantissa << 13);
  }
}
