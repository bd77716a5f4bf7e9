"""What fetch_nvcc.py and fetch_torch_headers.py share: pip, and folders that appear whole or not at all."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "affect4j"


class Failure(Exception):
  """One sentence for the user."""


def pip(*arguments):
  run = subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True, text=True)
  if run.returncode and "No module named pip" in run.stderr:
    raise Failure("python3 has no pip; install it: apt-get install python3-pip")
  return run


def last_line(text):
  """What pip's messages come down to."""
  errors = [line for line in text.splitlines() if line.startswith("ERROR")]
  return (errors or text.strip().splitlines() or ["no message"])[-1]


def is_published(home):
  return (home / "stamp").exists()


def publish(home, fill):
  """Makes `home` the folder that fill(folder, scratch) fills, with what it returns as its stamp. Where two builds
  fetch at once, the first one's stays."""
  home.parent.mkdir(parents=True, exist_ok=True)
  scratch = pathlib.Path(tempfile.mkdtemp(prefix=f".{home.name}.", dir=home.parent))
  try:
    folder = scratch / "out"
    folder.mkdir()
    stamp = fill(folder, scratch)
    (folder / "stamp").write_text(stamp)
    try:
      folder.rename(home)
    except OSError:
      if not is_published(home):  # left by something else
        shutil.rmtree(home, ignore_errors=True)
        folder.rename(home)
  finally:
    shutil.rmtree(scratch, ignore_errors=True)
