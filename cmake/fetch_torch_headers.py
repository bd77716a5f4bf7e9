#!/usr/bin/env python3
"""Fetches the C++ headers of PyPI's torch wheel without the wheel.

The wheel has 915 MB, its headers a few dozen. A wheel is a zip, and a zip can be read from its end, so
this asks pip for the address of the wheel (pip knows the machine's indexes, proxies and
certificates), reads the zip's directory and then only the members below torch/include, by HTTP range
requests. A server without range requests costs the whole wheel, through `pip download`.

Prints the include folder as its only line on standard output; progress goes to standard error.
Needs nothing but Python 3.8 and pip.
"""

import argparse
import base64
import concurrent.futures
import hashlib
import io
import json
import os
import pathlib
import ssl
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile

sys.dont_write_bytecode = True  # a new file here would make bin/affect4j build again
from fetching import CACHE, Failure, is_published, last_line, pip, publish  # noqa: E402

PREFIX = "torch/include/"
REQUEST_BYTES = 8 << 20  # at most so much in one request
GAP_BYTES = 256 << 10  # cheaper to read over such a hole than to ask twice
CONNECTIONS = 4
ATTEMPTS = 4

# The headers do not depend on the Python version, but the digest below is of one wheel.
WHEEL = ["--only-binary=:all:", "--implementation=cp", "--python-version=3.11", "--abi=cp311",
         "--platform=manylinux_2_28_x86_64"]

# SHA-256 over the names and contents of all headers; pip's own hash is of the whole wheel.
DIGESTS = {"2.10.0": "c31ce4c8dd440a1c1fdab2f2e767414727e1e0f47f42b06673385840d4479507"}


class NoRanges(Exception):
  """The server sends whole files only."""


def wheel_address(version):
  """The URL that `pip install torch==version` would download."""
  with tempfile.TemporaryDirectory() as scratch:
    report = pathlib.Path(scratch, "report.json")
    run = pip("install", "--dry-run", "--no-deps", "--ignore-installed", "--quiet",
              f"--report={report}", f"--target={scratch}", *WHEEL, f"torch=={version}")
    if run.returncode:
      if "no such option" in run.stderr:
        raise Failure("pip is older than 23.0; renew it: python3 -m pip install --upgrade pip")
      raise Failure(f"pip cannot resolve torch=={version}: {last_line(run.stderr)}")
    return json.loads(report.read_text())["install"][0]["download_info"]["url"]


def pip_setting(name):
  """A setting of pip: environment, then configuration files; None if unset."""
  value = os.environ.get("PIP_" + name.upper().replace("-", "_"))
  if value:
    return value
  run = pip("config", "get", f"global.{name}")
  return run.stdout.strip() if run.returncode == 0 and run.stdout.strip() else None


class Remote:
  """Reads byte ranges of one URL with pip's certificate and proxy settings."""

  def __init__(self, url):
    parts = urllib.parse.urlsplit(url)
    self.headers = {"User-Agent": "affect4j-build", "Accept-Encoding": "identity"}
    if parts.username:
      secret = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
      self.headers["Authorization"] = "Basic " + base64.b64encode(secret.encode()).decode()
      parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    self.url = urllib.parse.urlunsplit(parts._replace(fragment=""))
    context = ssl.create_default_context(cafile=pip_setting("cert"))
    handlers = [urllib.request.HTTPSHandler(context=context)]
    proxy = pip_setting("proxy")
    if proxy:
      handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
    self.opener = urllib.request.build_opener(*handlers)

  def tail(self, count):
    """The last `count` bytes and the size of the file."""
    data, content_range = self._get(f"bytes=-{count}")
    return data, int(content_range.rpartition("/")[2])

  def read(self, start, end):
    data, _ = self._get(f"bytes={start}-{end - 1}")
    if len(data) != end - start:
      raise OSError(f"{len(data)} bytes came, {end - start} were asked for")
    return data

  def _get(self, byte_range):
    for attempt in range(ATTEMPTS):
      try:
        request = urllib.request.Request(self.url, headers={**self.headers, "Range": byte_range})
        with self.opener.open(request, timeout=60) as response:
          if response.status != 206:
            raise NoRanges()
          return response.read(), response.headers["Content-Range"]
      except urllib.error.HTTPError as e:
        if e.code in (400, 405, 416, 501):
          raise NoRanges() from e
        error = e
      except OSError as e:
        error = e
      if attempt + 1 < ATTEMPTS:
        time.sleep(2**attempt)
    raise Failure(f"{self.url} cannot be read: {error}")


class Sparse(io.RawIOBase):
  """A file of which only some ranges are present."""

  def __init__(self, size):
    self.size = size
    self.position = 0
    self.pieces = []  # (start, bytes)

  def add(self, start, data):
    self.pieces.append((start, data))

  def seekable(self):
    return True

  def readable(self):
    return True

  def tell(self):
    return self.position

  def seek(self, offset, whence=io.SEEK_SET):
    self.position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence]
    return self.position

  def read(self, count=-1):
    wanted = self.size - self.position if count < 0 else min(count, self.size - self.position)
    out = b""
    while len(out) < wanted:
      out += self._piece(self.position + len(out), wanted - len(out))
    self.position += len(out)
    return out

  def _piece(self, position, count):
    for start, data in self.pieces:
      if start <= position < start + len(data):
        return data[position - start:position - start + count]
    raise Absent(position)


class Absent(OSError):
  """Bytes that were not fetched."""


def remote_wheel(url):
  """The wheel as a zip whose directory and headers are in memory."""
  remote = Remote(url)
  count = 1 << 20
  while True:
    data, size = remote.tail(count)
    sparse = Sparse(size)
    sparse.add(size - len(data), data)
    try:
      wheel = zipfile.ZipFile(sparse)
      break
    except Absent:
      count *= 4
  ranges = header_ranges(wheel)
  with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
    futures = {pool.submit(remote.read, start, end): start for start, end in ranges}
    done, total = 0, sum(end - start for start, end in ranges)
    for future in concurrent.futures.as_completed(futures):
      sparse.add(futures[future], future.result())
      done += len(future.result())
      progress(f"{done / 1e6:.0f} of {total / 1e6:.0f} MB")
  return wheel


def header_ranges(wheel):
  """Merged byte ranges that hold the headers, none longer than REQUEST_BYTES or one member."""
  members = sorted(wheel.infolist(), key=lambda member: member.header_offset)
  ends = [member.header_offset for member in members[1:]] + [wheel.start_dir]
  ranges = []
  for member, end in zip(members, ends):
    if not member.filename.startswith(PREFIX):
      continue
    start = member.header_offset
    if ranges and start - ranges[-1][1] <= GAP_BYTES and end - ranges[-1][0] <= REQUEST_BYTES:
      ranges[-1] = (ranges[-1][0], end)
    else:
      ranges.append((start, end))
  return ranges


def downloaded_wheel(version, folder):
  progress("the index has no range requests; downloading the whole wheel")
  run = pip("download", "--no-deps", "--quiet", f"--dest={folder}", *WHEEL, f"torch=={version}")
  if run.returncode:
    raise Failure(f"pip cannot download torch=={version}: {last_line(run.stderr)}")
  return zipfile.ZipFile(next(pathlib.Path(folder).glob("torch-*.whl")))


def open_wheel(version, scratch):
  url = wheel_address(version)
  parts = urllib.parse.urlsplit(url)
  if parts.scheme == "file":
    return zipfile.ZipFile(urllib.request.url2pathname(parts.path))
  try:
    return remote_wheel(url)
  except NoRanges:
    return downloaded_wheel(version, scratch)


def extract(wheel, folder):
  """Writes the headers below `folder` and returns their digest."""
  digest = hashlib.sha256()
  for name in sorted(wheel.namelist()):
    if not name.startswith(PREFIX) or name.endswith("/"):
      continue
    relative = pathlib.PurePosixPath(name).relative_to("torch")
    if ".." in relative.parts:
      raise Failure(f"the wheel has a member outside its folder: {name}")
    data = wheel.read(name)  # checks the CRC
    digest.update(f"{name}\0{len(data)}\0".encode() + data)
    target = folder / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
  return digest.hexdigest()


def fetch(version, home):
  def fill(folder, scratch):
    progress("asking pip for the wheel")
    digest = extract(open_wheel(version, scratch), folder)
    if digest != DIGESTS.get(version, digest):
      raise Failure(f"the headers of torch {version} have digest {digest}, but {DIGESTS[version]} was expected: "
                    "the index serves another build")
    return digest + "\n"

  publish(home, fill)


def progress(text):
  end = "" if sys.stderr.isatty() else "\n"
  start = "\r\x1b[K" if sys.stderr.isatty() else ""
  if sys.stderr.isatty() or not text[0].isdigit():
    print(f"{start}torch headers: {text}", end=end, file=sys.stderr, flush=True)


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument("--version", default="2.10.0", help="of torch (default: %(default)s)")
  parser.add_argument("--cache", type=pathlib.Path, default=CACHE, help="default: %(default)s")
  options = parser.parse_args()
  home = options.cache / f"torch-headers-{options.version}"
  try:
    if not is_published(home):
      fetch(options.version, home)
      progress(f"in {home}")
      if sys.stderr.isatty():
        print(file=sys.stderr)
  except (Failure, OSError, zipfile.BadZipFile) as e:
    print(f"\nfetch_torch_headers: {e}", file=sys.stderr)
    return 1
  print(home / "include")
  return 0


if __name__ == "__main__":
  sys.exit(main())
