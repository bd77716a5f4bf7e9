package io.github.affect4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
  private static final float[] MATRIX = {1, -2.5f, Float.MIN_VALUE, 1e30f, 0, -0f};

  @TempDir Path folder;

  @Test
  void writtenTensorsAndMetadataComeBack() throws IOException {
    Path file = written();
    try (Safetensors in = Safetensors.open(file)) {
      assertEquals(List.of("a.weight", "scalar", "empty"), List.copyOf(in.tensors().keySet()));
      assertEquals(List.of(2L, 3L), in.tensors().get("a.weight").shape());
      assertArrayEquals(MATRIX, read(in, "a.weight"));
      assertArrayEquals(new float[] {7}, read(in, "scalar"));
      assertArrayEquals(new float[0], read(in, "empty"));
      assertEquals("{\"crc32c\":\"zzz\"}", in.metadata().get("state"));
      assertTrue(in.verify());
    }
  }

  @Test
  void aDiskThatFailsAtTheEndIsNamed() throws Exception {
    Path file = folder.resolve("f");
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, Map.of(), List.of())) {
      FullDisk.during(1, () -> {
        IOException e = assertThrows(IOException.class, writer::commit);
        assertTrue(e.getMessage().startsWith(file + ": cannot be written ("), e.getMessage());
      });
    }
    assertTrue(Files.notExists(file));
  }

  @Test
  void dataStartsAligned() throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(written())).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(0, bytes.getLong() % 8);
  }

  @Test
  void verifyFindsEveryFlippedByte() throws IOException {
    byte[] good = Files.readAllBytes(written());
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 0x10;
      Path file = Files.write(folder.resolve("flipped"), bad);
      assertThrows(InputException.class, () -> openAndVerify(file), "byte " + i);
    }
  }

  @Test
  void everyTruncationIsFound() throws IOException {
    byte[] good = Files.readAllBytes(written());
    for (int length = 0; length < good.length; length++) {
      Path file = Files.write(folder.resolve("short"), java.util.Arrays.copyOf(good, length));
      assertThrows(InputException.class, () -> openAndVerify(file), "length " + length);
    }
  }

  @Test
  void uncommittedFileLeavesNothing() throws IOException {
    Path file = folder.resolve("sub/none.safetensors");
    SafetensorsWriter.create(file, Map.of(), List.of(declare("x", 1L))).close();
    assertFalse(Files.exists(file));
    try (var left = Files.list(file.getParent())) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void whatIsNoFileIsNamed() {
    assertTrue(problem(folder.resolve("none")).contains("but there is no such file; check the path"));
    assertTrue(problem(folder).contains("but it is a folder"));
    assertTrue(problem(Path.of("/dev/zero")).contains("but it is a device or a pipe"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "504b030414000008 0808000000000000 | but it is a zip archive, as torch.save writes (.pth, .pt); make a",
      "80028a0a6cfc9c46 f9206aa850192e80 | but it is a Python pickle",
      "894844460d0a1a0a 0000000000080800 | but it is an HDF5 file",
      "0807120770797463 68               | but it is a protocol buffer, as of ONNX",
      "7b226d6574616461 7461223a207b     | (.safetensors.index.json), make a safetensors file of it",
      "76657273696f6e20 68747470733a2f2f 6769742d6c66732e 6769746875622e63 | but it is a pointer of Git LFS",
      "3c21444f43545950 452068746d6c3e   | but it is a web page",
      "1f8b080824a31f65 0003             | but it is compressed by gzip; unpack it",
      "0001020304050607 08               | but it is none: its header claims 506097522914230528 bytes",
      "504b                              | but it is a zip archive",
      "616263                            | but it is only 3 bytes long",
      "                                  | but it is empty; use another copy",
  })
  void whatPeopleHaveInPlaceOfSafetensorsIsNamedWithWhatToDo(String head, String expected) throws IOException {
    byte[] bytes = head == null ? new byte[0] : HexFormat.of().parseHex(head.replace(" ", ""));
    Path file = Files.write(folder.resolve("weights.pth"), bytes);
    String message = problem(file);
    assertTrue(message.startsWith(file + ": expected a safetensors file, ") && message.contains(expected), message);
    assertEquals(1, message.lines().count(), message);
  }

  /** Lengths that begin as other formats do: 640 as a pickle of protocol 2, 123 as JSON, 2056 as ONNX. */
  @ParameterizedTest
  @ValueSource(ints = {0x0280, '{', 0x0808, '<', 0x4b50})
  void aHeaderMayHaveAnyLength(int length) throws IOException {
    String header = "{\"n\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}";
    Path file = file(header + " ".repeat(length - header.length()), new byte[8]);
    try (Safetensors in = Safetensors.open(file)) {
      assertEquals(1, in.tensors().size());
    }
  }

  @Test
  void deepNestingIsRefused() throws IOException {
    assertTrue(problem(file("{\"a\":" + "[".repeat(1_000_000), new byte[8])).contains("not valid JSON"));
  }

  /** Else the file would be taken for one without a checksum. */
  @Test
  void noFlippedBitInTheChecksumsNameSwitchesTheCheckOff() throws IOException {
    byte[] good = Files.readAllBytes(written());
    int at = new String(good, StandardCharsets.ISO_8859_1).indexOf(Safetensors.CHECKSUM_KEY);
    for (int bit = 0; bit < 8 * Safetensors.CHECKSUM_KEY.length(); bit++) {
      byte[] bad = good.clone();
      bad[at + bit / 8] ^= (byte) (1 << bit % 8);
      Path file = Files.write(folder.resolve("flipped"), bad);
      InputException e = assertThrows(InputException.class, () -> verify(file), "bit " + bit);
      assertTrue(e.getMessage().matches(".*(damaged|not valid JSON|not UTF-8 text).*"), e.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "[]                                                                               | not a JSON object",
      "{\"a\":{\"dtype\":\"F32\"                                                        | not valid JSON",
      "{} {}                                                                            | not valid JSON",
      "{\"a\":3}                                                                        | 'a' is not a JSON object",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
          + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | uplicate",
      "{\"a\":{\"dtype\":\"Q4\",\"shape\":[1],\"data_offsets\":[0,8]}}                  | unknown dtype 'Q4'",
      "{\"a\":{\"shape\":[1],\"data_offsets\":[0,8]}}                                   | unknown dtype ''",
      "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}                               | no list 'shape'",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}                                        | no list 'data_offsets'",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}                | -2 in 'shape'",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}               | 2.0 in 'shape'",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}} | in 'shape'",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}} | impossible shape",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,8]}} | not the size",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}                 | not the size",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}                 | begin and an end",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}                | truncated",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
          + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | overlaps",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}                 | hole",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}                 | belong to no tensor",
      "{\"__metadata__\":{\"k\":1}}                                                     | not a string",
      "{\"__metadata__\":[]}                                                            | not a JSON object",
  })
  void hostileHeadersAreRefused(String header, String expected) throws IOException {
    String message = problem(file(header.strip(), new byte[8]));
    assertTrue(message.contains(expected), message);
    assertEquals(1, message.lines().count(), message);
  }

  @ParameterizedTest
  @CsvSource({"-1", "0", "9223372036854775807", "10000001", "4000"})
  void hostileHeaderLengthsAreRefused(long length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
    assertTrue(problem(Files.write(folder.resolve("hostile"), bytes.array())).contains("header"));
  }

  @Test
  void longHostileValuesAreCut() throws IOException {
    String many = "7,".repeat(5000) + "7";
    for (String fields : List.of(
        "\"shape\":[" + many + "],\"data_offsets\":[0,8]",
        "\"shape\":[" + many.replace('7', '1') + "],\"data_offsets\":[0,8]",
        "\"shape\":[\"" + many + "\"],\"data_offsets\":[0,8]",
        "\"shape\":[],\"data_offsets\":[" + many + "]")) {
      String message = problem(file("{\"a\":{\"dtype\":\"F32\"," + fields + "}}", new byte[8]));
      assertTrue(message.length() < 300, message);
    }
  }

  @ParameterizedTest
  @CsvSource({"UTF-16LE", "UTF-16BE", "UTF-32LE", "ISO-8859-1"})
  void headersInOtherEncodingsAreRefused(String encoding) throws IOException {
    byte[] json = "{\"__metadata__\":{\"k\":\"\u00fc\"}}".getBytes(Charset.forName(encoding));
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json);
    String message = problem(Files.write(folder.resolve("encoded"), bytes.array()));
    assertTrue(message.contains("its header is not"), message);
  }

  @Test
  void halfAndDoublePrecisionAreConverted() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    data.putShort((short) 0x3c00).putShort((short) 0xc000).putShort((short) 0x0001).putShort((short) 0x7bff);
    data.putShort((short) 0x3f80).putShort((short) 0xc020).putShort((short) 0x7f80).putShort((short) 0);
    data.putDouble(-0.1);
    String header = "{\"h\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,8]},"
        + "\"b\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[8,16]},"
        + "\"d\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[16,24]}}";
    try (Safetensors in = Safetensors.open(file(header, data.array()))) {
      assertArrayEquals(new float[] {1, -2, 0x1p-24f, 65504}, read(in, "h"));
      assertArrayEquals(new float[] {1, -2.5f, Float.POSITIVE_INFINITY, 0}, read(in, "b"));
      assertArrayEquals(new float[] {-0.1f}, read(in, "d"));
      assertFalse(in.verify());
    }
  }

  @Test
  void integersAreListedButNotRead() throws IOException {
    try (Safetensors in =
        Safetensors.open(file("{\"n\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}", new byte[8]))) {
      assertThrows(InputException.class, () -> read(in, "n"));
    }
  }

  private Path written() throws IOException {
    Path file = folder.resolve("model.safetensors");
    List<SafetensorsWriter.Declaration> tensors =
        List.of(declare("a.weight", 2L, 3L), declare("scalar"), declare("empty", 0L));
    try (SafetensorsWriter out = SafetensorsWriter.create(file, Map.of("state", "{\"crc32c\":\"zzz\"}"), tensors)) {
      out.write(FloatBuffer.wrap(MATRIX));
      out.write(FloatBuffer.wrap(new float[] {7}));
      out.write(FloatBuffer.allocate(0));
      out.commit();
    }
    return file;
  }

  private static SafetensorsWriter.Declaration declare(String name, Long... shape) {
    return new SafetensorsWriter.Declaration(name, List.of(shape));
  }

  private Path file(String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json).put(data);
    return Files.write(folder.resolve("crafted"), bytes.array());
  }

  private static String problem(Path file) {
    return assertThrows(InputException.class, () -> Safetensors.open(file)).getMessage();
  }

  private static void openAndVerify(Path file) throws IOException {
    if (!verify(file)) {
      throw InputException.in(file, "has no checksum");
    }
  }

  private static boolean verify(Path file) throws IOException {
    try (Safetensors in = Safetensors.open(file)) {
      return in.verify();
    }
  }

  private static float[] read(Safetensors in, String name) throws IOException {
    float[] values = new float[(int) in.tensors().get(name).elements()];
    in.read(in.tensors().get(name), FloatBuffer.wrap(values));
    return values;
  }
}
