package io.github.affect4j.doctor;

/**
 * The Java virtual machine.
 *
 * @param version such as {@code 17.0.15}
 * @param vendor who built it
 * @param home its folder
 * @param maxHeap bytes
 * @param launcherFlags true if it was started with the flags of {@code bin/affect4j}
 */
public record Jvm(String version, String vendor, String home, long maxHeap, boolean launcherFlags) {

  static Jvm read() {
    return new Jvm(
        System.getProperty("java.version"),
        System.getProperty("java.vendor"),
        System.getProperty("java.home"),
        Runtime.getRuntime().maxMemory(),
        Boolean.getBoolean("org.bytedeco.javacpp.nopointergc"));
  }
}
