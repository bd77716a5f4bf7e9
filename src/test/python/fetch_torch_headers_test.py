"""cmake/fetch_torch_headers.py against a small wheel and a local server; no package index is asked."""

import http.server
import pathlib
import re
import sys
import tempfile
import threading
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "cmake"))
sys.dont_write_bytecode = True
import fetch_torch_headers as fetch  # noqa: E402


class Server(http.server.BaseHTTPRequestHandler):
  ranges = True
  requests = []

  def do_GET(self):
    data = self.server.wheel.read_bytes()
    asked = self.headers["Range"]
    self.requests.append(asked)
    suffix = re.fullmatch(r"bytes=-(\d+)", asked)
    start, end = (max(0, len(data) - int(suffix[1])), len(data)) if suffix else (
        lambda m: (int(m[1]), int(m[2]) + 1))(re.fullmatch(r"bytes=(\d+)-(\d+)", asked))
    if not self.ranges:
      start, end = 0, len(data)
    self.send_response(206 if self.ranges else 200)
    self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
    self.send_header("Content-Length", str(end - start))
    self.end_headers()
    try:
      self.wfile.write(data[start:end])
    except BrokenPipeError:
      pass  # the client hangs up on a server without ranges

  def log_message(self, *_):
    pass


class FetchTest(unittest.TestCase):
  def setUp(self):
    self.folder = tempfile.TemporaryDirectory()
    self.addCleanup(self.folder.cleanup)
    self.root = pathlib.Path(self.folder.name)
    self.wheel = self.root / "torch-9.9-cp311-cp311-linux_x86_64.whl"
    self.headers = {f"torch/include/a/{i}.h": f"// header {i}\n" * 500 for i in range(40)}
    with zipfile.ZipFile(self.wheel, "w", zipfile.ZIP_DEFLATED) as wheel:
      wheel.writestr("torch/lib/first.so", bytes(range(256)) * 8)
      for i, (name, text) in enumerate(self.headers.items()):
        wheel.writestr(name, text)
        if i == 20:  # a hole wider than GAP_BYTES, stored as it is
          wheel.writestr(zipfile.ZipInfo("torch/lib/big.so"), bytes(4 << 20))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.wheel = self.wheel
    threading.Thread(target=server.serve_forever, daemon=True).start()
    self.addCleanup(server.server_close)
    self.addCleanup(server.shutdown)
    self.url = f"http://127.0.0.1:{server.server_port}/{self.wheel.name}"
    Server.ranges = True
    Server.requests = []

  def check(self, wheel):
    digest = fetch.extract(wheel, self.root / "out")
    found = {f"torch/{p.relative_to(self.root / 'out').as_posix()}": p.read_text()
             for p in (self.root / "out").rglob("*.h")}
    self.assertEqual(self.headers, found)
    self.assertFalse((self.root / "out" / "lib").exists())
    return digest

  def test_reads_only_the_headers_in_few_requests(self):
    digest = self.check(fetch.remote_wheel(self.url))
    self.assertLessEqual(len(Server.requests), 3)
    self.assertEqual(digest, fetch.extract(zipfile.ZipFile(self.wheel), self.root / "again"))

  def test_ranges_leave_out_the_hole(self):
    wheel = zipfile.ZipFile(self.wheel)
    ranges = fetch.header_ranges(wheel)
    self.assertEqual(2, len(ranges))
    self.assertLess(sum(end - start for start, end in ranges), 1 << 20)

  def test_a_server_without_ranges_is_noticed(self):
    Server.ranges = False
    with self.assertRaises(fetch.NoRanges):
      fetch.remote_wheel(self.url)

  def test_a_member_outside_its_folder_is_refused(self):
    evil = self.root / "evil.whl"
    with zipfile.ZipFile(evil, "w") as wheel:
      wheel.writestr("torch/include/../../evil.h", "x")
    with self.assertRaises(fetch.Failure):
      fetch.extract(zipfile.ZipFile(evil), self.root / "out")

  def test_another_build_is_refused_and_nothing_is_left(self):
    home = self.root / "cache" / "torch-headers-2.10.0"
    original = fetch.open_wheel
    self.addCleanup(setattr, fetch, "open_wheel", original)
    fetch.open_wheel = lambda version, scratch: zipfile.ZipFile(self.wheel)
    with self.assertRaisesRegex(fetch.Failure, "another build"):
      fetch.fetch("2.10.0", home)
    self.assertEqual([], list(home.parent.iterdir()))

  def test_headers_appear_whole_with_a_stamp(self):
    home = self.root / "cache" / "torch-headers-9.9"
    original = fetch.open_wheel
    self.addCleanup(setattr, fetch, "open_wheel", original)
    fetch.open_wheel = lambda version, scratch: zipfile.ZipFile(self.wheel)
    fetch.fetch("9.9", home)
    self.assertTrue((home / "stamp").is_file())
    self.assertTrue((home / "include" / "a" / "0.h").is_file())
    self.assertEqual([home], list(home.parent.iterdir()))


if __name__ == "__main__":
  unittest.main()
