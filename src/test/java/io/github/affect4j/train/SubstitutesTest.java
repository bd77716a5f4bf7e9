package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.affect4j.data.ImageSource;
import io.github.affect4j.task.LabelSet;
import java.lang.reflect.Proxy;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SubstitutesTest {
  private static int[] substitutes(List<String> images, Set<Integer> unusable) {
    ImageSource source = (ImageSource) Proxy.newProxyInstance(
        ImageSource.class.getClassLoader(), new Class<?>[] {ImageSource.class},
        (proxy, method, arguments) -> {
          assertEquals("usable", method.getName());
          return !unusable.contains(arguments[0]);
        });
    return Substitutes.of(source, images);
  }

  @Test
  void distanceIsThatOfFramesNotOfRows() {
    List<String> sparse = List.of("v/00003.jpg", "v/00099.jpg", "v/00100.jpg");
    assertArrayEquals(new int[] {0, 2, 2}, substitutes(sparse, Set.of(1)));
    List<String> unsorted = List.of("v/00100.jpg", "v/00099.jpg", "v/00003.jpg", "w/00099.jpg");
    assertArrayEquals(new int[] {0, 0, 2, 3}, substitutes(unsorted, Set.of(1, 3)));
  }

  @Test
  void ofTwoAsCloseItIsTheEarlierFrame() {
    List<String> images = List.of("v/00012.jpg", "v/00010.jpg", "v/00008.jpg", "v/00010.jpg");
    assertArrayEquals(new int[] {0, 2, 2, 2}, substitutes(images, Set.of(1, 3)));
  }

  @Test
  void namesWithoutANumberGoByTheirRows() {
    List<String> images = List.of("v/a.jpg", "v/00009.jpg", "v/c.jpg", "v/00001.jpg");
    assertArrayEquals(new int[] {0, 0, 2, 2}, substitutes(images, Set.of(1, 3)));
  }

  @Test
  void noUsableFrameIsCloserInAnyList() {
    Random random = new Random(1);
    for (int list = 0; list < 500; list++) {
      List<String> images = IntStream.range(0, 1 + random.nextInt(40))
          .mapToObj(row -> "v%d/%05d.jpg".formatted(random.nextInt(3), random.nextInt(60))).toList();
      double share = random.nextDouble();
      Set<Integer> unusable = Set.copyOf(
          IntStream.range(0, images.size()).filter(row -> random.nextDouble() < share).boxed().toList());
      int[] expected = IntStream.range(0, images.size())
          .map(row -> unusable.contains(row) ? closest(images, unusable, row) : row).toArray();
      assertArrayEquals(expected, substitutes(images, unusable), images + " without " + unusable);
    }
  }

  private static int closest(List<String> images, Set<Integer> unusable, int row) {
    int frame = LabelSet.frame(images.get(row));
    return IntStream.range(0, images.size()).boxed()
        .filter(other -> LabelSet.video(images.get(other)).equals(LabelSet.video(images.get(row))))
        .filter(other -> !unusable.contains(other))
        .min(Comparator.<Integer>comparingInt(other -> Math.abs(LabelSet.frame(images.get(other)) - frame))
            .thenComparing(other -> LabelSet.frame(images.get(other))))
        .orElse(row);
  }
}
