#!/usr/bin/env python3
"""Fetches NVIDIA's CUDA compiler from PyPI, for machines without a CUDA toolkit.

Four pinned wheels (108 MB) that NVIDIA publishes: nvcc with ptxas and cudafe++, cicc and libdevice, the
compiler's headers, the runtime with its headers. They unpack into one folder that looks like a toolkit.
pip downloads them (it knows the machine's indexes, proxies and certificates) and checks their hashes.

Prints the path of nvcc as its only line on standard output; progress goes to standard error.
Needs nothing but Python 3.8 and pip, on Linux x86-64.
"""

import argparse
import pathlib
import shutil
import sys
import zipfile

sys.dont_write_bytecode = True  # a new file here would make bin/affect4j build again
from fetching import CACHE, Failure, is_published, last_line, pip, publish  # noqa: E402

# The version of CUDA that the JavaCPP preset of libtorch is built with.
VERSION = "13.1"
WHEELS = """\
nvidia-cuda-nvcc==13.1.80 --hash=sha256:3bc4a530566f7083da0cfe9f637474efa173a1101ed0bc72da9a98f8a55edb77
nvidia-nvvm==13.1.80 --hash=sha256:058519d3e290cad0ad4034addad3f72fef2782f383e33d3c5b38172ed8fdb144
nvidia-cuda-crt==13.1.80 --hash=sha256:4d9c87b60d82140e07881b8b8fa197c4867d27e41cef5f2171a82fa916211eba
nvidia-cuda-runtime==13.1.80 --hash=sha256:dac25b52e69050e5a7a84957e6df470a85b185f8f648a99a1ab1dfce027576cf
"""
PREFIX = "nvidia/cu13/"
PROGRAMS = ("bin/", "nvvm/bin/")


def download(folder):
  """The wheels, with pip's check of their hashes."""
  requirements = folder / "requirements.txt"
  requirements.write_text(WHEELS)
  run = pip("download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:",
            "--platform=manylinux_2_17_x86_64", "--platform=manylinux_2_12_x86_64", f"--dest={folder}",
            "-r", str(requirements))
  if run.returncode:
    raise Failure(f"pip cannot download CUDA's compiler: {last_line(run.stderr)}")
  return sorted(folder.glob("*.whl"))


def unpack(wheel, folder):
  """The members below PREFIX, into `folder`."""
  with zipfile.ZipFile(wheel) as members:
    for member in members.infolist():
      if not member.filename.startswith(PREFIX) or member.is_dir():
        continue
      relative = pathlib.PurePosixPath(member.filename).relative_to(PREFIX)
      if ".." in relative.parts:
        raise Failure(f"{wheel.name} has a member outside its folder: {member.filename}")
      target = folder / relative
      target.parent.mkdir(parents=True, exist_ok=True)
      with members.open(member) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out)
      if str(relative).startswith(PROGRAMS):
        target.chmod(0o755)


def fill(folder, scratch):
  """A toolkit in `folder`."""
  for wheel in download(scratch):
    unpack(wheel, folder)
  if not (folder / "bin/nvcc").exists():
    raise Failure("the downloaded wheels hold no nvcc")
  (folder / "lib64").symlink_to("lib")  # where nvcc looks
  return WHEELS


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument("--cache", type=pathlib.Path, default=CACHE, help="default: %(default)s")
  home = parser.parse_args().cache / f"cuda-{VERSION}"
  try:
    if not is_published(home):
      print(f"CUDA {VERSION}'s compiler: downloading 108 MB", file=sys.stderr)
      publish(home, fill)
  except (Failure, OSError, zipfile.BadZipFile) as e:
    print(f"fetch_nvcc: {e}", file=sys.stderr)
    return 1
  print(home / "bin/nvcc")
  return 0


if __name__ == "__main__":
  sys.exit(main())
