"""Every link of every page leads to a file, and to a heading of it where it names one."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def pages():
  names = subprocess.run(["git", "-C", ROOT, "ls-files", "*.md"], capture_output=True, text=True, check=True).stdout
  return [ROOT / name for name in names.splitlines()]


def anchors(page):
  """The names that headings get on GitHub: lower case, spaces to hyphens, other marks left out."""
  headings = re.findall(r"^#+ +(.*)$", page.read_text(), re.MULTILINE)
  return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class DocsTest(unittest.TestCase):

  def test_links_lead_somewhere(self):
    broken = []
    for page in pages():
      for link in LINK.findall(CODE.sub("", page.read_text())):
        if "://" in link or link.startswith("mailto:"):
          continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists():
          broken.append(f"{page.relative_to(ROOT)}: {link}: no such file")
        elif anchor and anchor not in anchors(target):
          broken.append(f"{page.relative_to(ROOT)}: {link}: no such heading")
    self.assertEqual([], broken)


if __name__ == "__main__":
  unittest.main()
