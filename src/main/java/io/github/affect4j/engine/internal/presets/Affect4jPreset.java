package io.github.affect4j.engine.internal.presets;

import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;

/**
 * How JavaCPP builds and loads our library: the shared objects of libtorch, and libleptonica for its
 * libjpeg-turbo, are preloaded, in dependency order, from the jars of the presets. The presets themselves are not
 * inherited: they would pull in their headers and a 29 MB JNI library.
 */
@Properties(
    value = {
        @Platform(
            value = "linux-x86_64",
            library = "jniAffect4j",
            include = "affect4j.h",
            link = "affect4j",
            preload = {
              "gomp@.1",
              "gcc_s@.1",
              "quadmath@.0",
              "gfortran@.5",
              "openblas@.0",
              "c10",
              "torch_cpu",
              "c10_cuda", // where there are, like torch_cuda
              "torch_cuda",
              "torch",
              "leptonica@.6"
            },
            preloadresource = {"/org/bytedeco/openblas/", "/org/bytedeco/pytorch/", "/org/bytedeco/leptonica/"}),
        // Libraries in linux-x86_64-gpu, where a build for GPUs puts them, come first.
        @Platform(value = "linux-x86_64", extension = "-gpu")
    })
@NoException
public class Affect4jPreset {}
