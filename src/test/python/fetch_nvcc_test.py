"""cmake/fetch_nvcc.py against small wheels; no package index is asked."""

import pathlib
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "cmake"))
sys.dont_write_bytecode = True
import fetch_nvcc as fetch  # noqa: E402


class FetchTest(unittest.TestCase):
  def setUp(self):
    folder = tempfile.TemporaryDirectory()
    self.addCleanup(folder.cleanup)
    self.root = pathlib.Path(folder.name)
    self.home = self.root / "cache" / "cuda"
    self.wheels = [self.wheel("nvcc", {"bin/nvcc": "#!", "bin/nvcc.profile": "x"}),
                   self.wheel("crt", {"include/a.h": "//"})]
    self.addCleanup(setattr, fetch, "download", fetch.download)
    fetch.download = lambda folder: self.wheels

  def wheel(self, name, members):
    path = self.root / f"nvidia_{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
      wheel.writestr("nvidia_x.dist-info/METADATA", "not for us")
      for member, text in members.items():
        wheel.writestr(fetch.PREFIX + member, text)
    return path

  def test_unpacks_into_one_toolkit(self):
    fetch.publish(self.home, fetch.fill)
    self.assertTrue((self.home / "bin/nvcc").stat().st_mode & 0o100)
    self.assertTrue((self.home / "include/a.h").is_file())
    self.assertTrue((self.home / "lib64").is_symlink())
    self.assertTrue((self.home / "stamp").is_file())
    self.assertEqual([], list(self.home.rglob("METADATA")))
    self.assertEqual([self.home], list(self.home.parent.iterdir()))

  def test_a_member_outside_its_folder_is_refused_and_nothing_is_left(self):
    self.wheels.append(self.wheel("evil", {"../../evil": "x"}))
    with self.assertRaisesRegex(fetch.Failure, "outside its folder"):
      fetch.publish(self.home, fetch.fill)
    self.assertEqual([], list(self.home.parent.iterdir()))

  def test_wheels_without_a_compiler_are_refused(self):
    self.wheels = self.wheels[1:]
    with self.assertRaisesRegex(fetch.Failure, "no nvcc"):
      fetch.publish(self.home, fetch.fill)

  def test_the_first_of_two_builds_stays(self):
    def slower(folder, scratch):
      fetch.publish(self.home, fetch.fill)
      return fetch.fill(folder, scratch) + "slower"

    fetch.publish(self.home, slower)
    self.assertEqual(fetch.WHEELS, (self.home / "stamp").read_text())
    self.assertEqual([self.home], list(self.home.parent.iterdir()))

  def test_what_an_interrupted_copy_left_is_replaced(self):
    self.home.mkdir(parents=True)
    (self.home / "rest").write_text("x")
    fetch.publish(self.home, fetch.fill)
    self.assertFalse((self.home / "rest").exists())
    self.assertTrue((self.home / "bin/nvcc").is_file())

  def test_every_wheel_is_pinned_by_its_hash(self):
    lines = fetch.WHEELS.strip().splitlines()
    self.assertEqual(4, len(lines))
    for line in lines:
      self.assertRegex(line, r"^[a-z-]+==[0-9.]+ --hash=sha256:[0-9a-f]{64}$")


if __name__ == "__main__":
  unittest.main()
