"""What bin/affect4j and cmake say of tools that cannot build the sources, and what is linked; nothing is built."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]


class BuildToolsTest(unittest.TestCase):
  def setUp(self):
    folder = tempfile.TemporaryDirectory()
    self.addCleanup(folder.cleanup)
    self.folder = pathlib.Path(folder.name)
    self.tool("mvn", "")
    self.tool("make", "")
    self.tool("cmake", "echo cmake version 3.25.1")
    self.compiler("c++", "__clang__ 12", "c++ (Debian) 12.2.0")

  def tool(self, name, script):
    tool = self.folder / "path" / name
    tool.parent.mkdir(exist_ok=True)
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)

  def compiler(self, name, macros, version):
    self.tool(name, f'case $1 in -E) echo "{macros}";; *) echo "{version}";; esac')

  def launch(self, **variables):
    """Words and exit code of bin/affect4j in a checkout whose build fails with exit code 1."""
    (self.folder / "bin").mkdir()
    shutil.copy(ROOT / "bin/affect4j", self.folder / "bin")
    (self.folder / "mvnw").write_text("#!/bin/sh\nexit 1\n")
    (self.folder / "mvnw").chmod(0o755)
    environment = os.environ | {"PATH": f"{self.folder}/path:{os.environ['PATH']}"}
    environment.pop("CXX", None)
    result = subprocess.run([self.folder / "bin/affect4j"], env=environment | variables, capture_output=True, text=True)
    self.assertEqual(1, result.returncode)
    return result.stderr

  def test_tools_of_today_are_let_pass(self):
    self.assertIn("the build failed", self.launch())

  def test_an_older_compiler_is_refused(self):
    self.compiler("c++", "__clang__ 11", "c++ (Ubuntu) 11.4.0")
    self.assertEqual("affect4j: g++ 12 or later is needed, not c++ (Ubuntu) 11.4.0: "
                     "apt-get install g++-12, then CXX=g++-12\n", self.launch())

  def test_clang_is_refused(self):
    self.compiler("c++", "1 4", "clang version 19.1.0")
    self.assertIn("g++ 12 or later is needed, not clang version 19.1.0", self.launch())

  def test_the_compiler_is_the_one_of_CXX(self):
    self.compiler("c++", "__clang__ 11", "c++ (Ubuntu) 11.4.0")
    self.compiler("g++-13", "__clang__ 13", "g++-13 (Ubuntu) 13.1.0")
    self.assertIn("the build failed", self.launch(CXX="g++-13"))

  def test_an_older_cmake_is_refused(self):
    self.tool("cmake", "echo cmake version 3.22.1")
    self.assertEqual("affect4j: cmake 3.25 or later is needed, not 3.22.1: pip install cmake\n", self.launch())

  def test_cmake_refuses_what_the_launcher_does(self):
    for kind, version in (("GNU", "11.4.0"), ("Clang", "19.1.0")):
      command = ["cmake", "-S", ROOT / "src/main/native", "-B", self.folder / kind,
                 "-DCMAKE_CXX_COMPILER_FORCED=1", "-DCMAKE_CXX_COMPILER_ID_RUN=1",
                 f"-DCMAKE_CXX_COMPILER_ID={kind}", f"-DCMAKE_CXX_COMPILER_VERSION={version}"]
      words = subprocess.run(command, capture_output=True, text=True).stderr
      self.assertIn(f"affect4j needs g++ 12 or later, not {kind} {version}", " ".join(words.split()))

  def test_the_OpenMP_runtime_is_the_one_beside_libtorch(self):
    torch = self.folder / "torch-2.10.0+cpu"
    version = torch / "include/torch/headeronly/version.h"
    version.parent.mkdir(parents=True)
    version.write_text("#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 10\n#define TORCH_VERSION_PATCH 0\n")
    (torch / "lib").mkdir()
    for name in ("libtorch_cpu.so", "libc10.so", "libgomp-a34b3233.so.1"):
      (torch / "lib" / name).touch()

    subprocess.run(["cmake", "-G", "Unix Makefiles", "-S", ROOT / "src/main/native", "-B", self.folder / "native",
                    f"-DLIBTORCH_HOME={torch}"], check=True, capture_output=True)

    link = (self.folder / "native/CMakeFiles/affect4j.dir/link.txt").read_text()
    self.assertIn("gomp-a34b3233", link)
    self.assertNotIn("-lgomp ", link)


if __name__ == "__main__":
  unittest.main()
