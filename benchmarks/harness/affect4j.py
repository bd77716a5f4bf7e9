"""How to start our own arm from a checkout of affect4j."""

import os
import subprocess
from pathlib import Path

ARM_SOURCE = Path("benchmarks/peers/Affect4jArm.java")


class Checkout:
    """A built checkout; `classes` receives its arm: one of another commit may call what this one has not."""

    def __init__(self, root, classes):
        self.root = Path(root)
        self.classes = Path(classes)

    def build(self):
        """Builds what is stale, as bin/affect4j does for users, and the arm."""
        subprocess.run([self.root / "bin" / "affect4j", "--help"], check=True, stdout=subprocess.DEVNULL)
        self.classes.mkdir(parents=True, exist_ok=True)
        subprocess.run([tool("javac"), "-d", self.classes, "-cp", self._product(), self.root / ARM_SOURCE],
                       check=True)

    def commit(self):
        """The commit, with a + if files differ from it."""
        def git(*arguments):
            command = ["git", "-C", self.root, *arguments]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout
        changed = git("status", "--porcelain", "--untracked-files=no").strip()
        return git("rev-parse", "HEAD").strip() + ("+" if changed else "")

    def command(self, *arguments):
        """Command line of our arm, with the JVM flags of bin/affect4j."""
        libraries = self.root / "target/native-libs/org/bytedeco"
        paths = [libraries / name / "linux-x86_64" for name in ("pytorch", "openblas", "leptonica")]
        return [
            tool("java"), "-XX:+UseParallelGC",
            "-Djava.library.path=" + os.pathsep.join(map(str, paths)),
            "-Dorg.bytedeco.javacpp.pathsfirst=true",
            "-Dorg.bytedeco.javacpp.nopointergc=true",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-cp", os.pathsep.join([str(self.classes), self._product()]),
            "Affect4jArm", *map(str, arguments)]

    def prepare(self, work, batch, size):
        """Writes the weights and the batch of all arms."""
        subprocess.run(self.command("prepare", work, batch, size), check=True)

    def _product(self):
        classpath = (self.root / "target/launcher/classpath").read_text()
        return os.pathsep.join([str(self.root / "target/classes"), classpath])


def tool(name):
    home = os.environ.get("JAVA_HOME")
    return os.path.join(home, "bin", name) if home else name
