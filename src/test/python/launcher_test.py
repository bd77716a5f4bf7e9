"""How bin/affect4j starts Java, of which these tests have one that prints its arguments; nothing is built."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
NOBODY = 65534

JAVA = """#!/bin/sh
[ "$*" != -version ] || { echo 'openjdk version "17.0.1" 2021-10-19' >&2; exit; }
echo "HOME=$HOME LC_ALL=$LC_ALL"
printf '%s\\n' "$@"
"""

# What Maven leaves: classes, and the paths of jars in the builder's repository.
MVNW = """#!/bin/sh
mkdir -p target/classes
for option in "$@"; do
  case $option in -Dmdep.outputFile=*) file=${option#*=} ;; esac
done
printf %s "$JARS" >"$file"
"""


class LauncherTest(unittest.TestCase):
  def setUp(self):
    folder = tempfile.TemporaryDirectory()
    self.addCleanup(folder.cleanup)
    self.folder = pathlib.Path(folder.name)
    self.folder.chmod(0o755)
    self.root = self.folder / "affect4j"
    for name in ("bin", "cmake", "src/main"):
      (self.root / name).mkdir(parents=True)
    (self.root / "pom.xml").touch()
    shutil.copy(ROOT / "bin/affect4j", self.root / "bin")
    self.program(self.root / "mvnw", MVNW)
    self.jars = self.jar("cli/cli.jar"), self.jar("org/bytedeco/pytorch/2/pytorch.jar"), self.jar("jline.jar")
    for name, script in (("java", JAVA), ("javac", ""), ("mvn", ""), ("make", ""),
                         ("cmake", "echo cmake version 3.25.1"),
                         ("c++", "echo __clang__ 12")):
      self.program(self.folder / "jdk/bin" / name, script if script.startswith("#!") else f"#!/bin/sh\n{script}\n")

  def program(self, file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)

  def jar(self, name):
    """In a folder that only its owner can read."""
    file = self.folder / "m2" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(name)
    file.chmod(0o600)
    return file

  def run_launcher(self, without=(), user=None, **variables):
    environment = os.environ | {"PATH": f"{self.folder}/jdk/bin:{os.environ['PATH']}",
                                "JARS": ":".join(map(str, self.jars))}
    for name in ("CXX", "JAVA_HOME", "AFFECT4J_JAVA_OPTS", "AFFECT4J_LIBTORCH_HOME", *without):
      environment.pop(name, None)
    other = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    return subprocess.run([self.root / "bin/affect4j", "words"], env=environment | variables, capture_output=True,
                          text=True, cwd="/", **other)

  def arguments(self, **how):
    result = self.run_launcher(**how)
    self.assertEqual(0, result.returncode, result.stderr)
    return result.stdout.splitlines()

  def sentence(self, **how):
    result = self.run_launcher(**how)
    self.assertEqual(1, result.returncode, result.stdout)
    self.assertEqual(1, result.stderr.count("\n"), result.stderr)
    return result.stderr

  def test_the_class_path_is_the_snapshot(self):
    arguments = self.arguments()
    app = os.path.realpath(self.root / "target/launcher/app")
    self.assertEqual(f"{app}:{app}/jars/*", arguments[arguments.index("-cp") + 1])
    self.assertEqual({"cli.jar", "jline.jar"}, set(os.listdir(f"{app}/jars")))
    self.assertEqual("words", arguments[-1])

  def test_a_tree_may_be_moved(self):
    self.arguments()
    moved = self.folder / "moved"
    self.root.rename(moved)
    self.root = moved
    self.assertIn(f"{moved}/target/launcher/app-", "".join(self.arguments()))

  def test_no_home_is_that_of_passwd(self):
    home = os.path.expanduser("~") if "HOME" not in os.environ else subprocess.run(
        ["env", "-u", "HOME", "bash", "-c", "echo ~"], capture_output=True, text=True).stdout.strip()
    self.assertIn(f"HOME={home} ", self.arguments(without=["HOME"])[0])

  def test_a_home_is_let_alone(self):
    self.assertIn("HOME=/somewhere ", self.arguments(HOME="/somewhere")[0])

  def test_plain_C_becomes_UTF_8(self):
    self.assertTrue(self.arguments(LC_ALL="C")[0].endswith("LC_ALL=C.UTF-8"))
    self.assertTrue(self.arguments(without=["LC_ALL", "LC_CTYPE", "LANG"])[0].endswith("LC_ALL=C.UTF-8"))
    self.assertTrue(self.arguments(LC_ALL="xx_YY.UTF-8")[0].endswith("LC_ALL=C.UTF-8"), "is not installed")

  def test_a_locale_in_UTF_8_is_let_alone(self):
    self.assertTrue(self.arguments(without=["LC_ALL"], LANG="C.UTF-8")[0].endswith("LC_ALL="))

  def test_native_access_is_said_where_Java_would_warn(self):
    option = "--enable-native-access=ALL-UNNAMED"
    self.assertNotIn(option, self.arguments())
    for version, expected in (("17.0.15", False), ("1.8.0_392", None), ("25.0.3", True), ("24", True)):
      (self.folder / "jdk/release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
      if expected is None:
        self.assertIn("Java 17 or later is needed, not 8", self.sentence())
      else:
        self.assertEqual(expected, option in self.arguments(), version)

  def test_a_JAVA_HOME_that_is_gone_is_named(self):
    self.assertEqual("affect4j: JAVA_HOME is /gone, where there is no bin/java; set it to a JDK of version 17 or later,"
                     " or unset it\n", self.sentence(JAVA_HOME="/gone"))

  def test_too_few_open_files_are_told(self):
    command = ["bash", "-c", f"ulimit -n 24; exec {self.root}/bin/affect4j"]
    result = subprocess.run(command, capture_output=True, text=True)
    self.assertEqual((1, "affect4j: only 24 files may be open; raise ulimit -n to 64 or more\n"),
                     (result.returncode, result.stderr))

  def as_another_user(self):
    if os.geteuid() != 0:
      self.skipTest("only root can run the launcher as another user")
    self.arguments()
    os.chmod(self.folder / "m2", 0o700)

  def test_another_user_runs_what_root_built(self):
    self.as_another_user()
    app = os.path.realpath(self.root / "target/launcher/app")
    self.assertIn("words", self.arguments(user=NOBODY))
    readable = subprocess.run(["cat", f"{app}/jars/cli.jar"], user=NOBODY, group=NOBODY, capture_output=True, text=True)
    self.assertEqual("cli/cli.jar", readable.stdout)

  def test_another_user_cannot_build(self):
    self.as_another_user()
    os.utime(self.root / "pom.xml", (4e9, 4e9))
    self.assertIn("the sources are newer than the build, and this user cannot write to", self.sentence(user=NOBODY))

  def test_what_another_user_cannot_read_is_told(self):
    self.as_another_user()
    os.chmod(os.path.realpath(self.root / "target/launcher/app"), 0o700)
    self.assertIn("this user cannot read", self.sentence(user=NOBODY))


if __name__ == "__main__":
  unittest.main()
