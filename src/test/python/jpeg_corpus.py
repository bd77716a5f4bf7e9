#!/usr/bin/env python3
"""Makes src/test/resources/jpeg: small JPEG files of many kinds and, in expected.txt, the pixels Pillow decodes.

  python3 -m venv venv
  venv/bin/pip install pillow numpy mozjpeg-lossless-optimization opencv-python-headless imageio-ffmpeg
  apt-get install libjpeg-turbo-progs imagemagick
  venv/bin/python src/test/python/jpeg_corpus.py

Encoders change from version to version: a file that exists is kept, one that is deleted is made anew. Files that are in
the folder but not made here are listed too.
"""

import hashlib
import io
import pathlib
import struct
import subprocess
import sys
import tempfile

import cv2
import imageio_ffmpeg
import mozjpeg_lossless_optimization
import numpy as np
from PIL import Image, ImageCms, features

FOLDER = pathlib.Path(__file__).parents[1] / "resources/jpeg"
ICC = b"ICC_PROFILE\0"


# ---- a picture: smooth skin, hard edges, a saturated corner, a little noise ------------------------------------

def picture(width, height):
  y, x = np.mgrid[0:height, 0:width]
  rgb = np.stack([150 + 60 * np.sin(x / 9), 110 + 50 * np.cos(y / 7), 90 + 40 * np.sin((x + y) / 11)], -1)
  face = ((x - width / 2) / (width / 3)) ** 2 + ((y - height / 2) / (height / 2.3)) ** 2 < 1
  rgb[face] += [50, 30, 10]
  rgb[height // 3:height // 3 + 3, width // 4:width // 4 + 6] = [20, 20, 60]
  rgb[:height // 5, :width // 5] = [255, 0, 30]
  rgb[-(height // 6):, -(width // 6):] = [0, 40, 255]
  rgb += np.random.default_rng(1).normal(0, 4, rgb.shape)
  return Image.fromarray(rgb.clip(0, 255).astype(np.uint8))


FACE = picture(48, 40)


def pillow(image=FACE, **options):
  out = io.BytesIO()
  image.save(out, "JPEG", **{"quality": 85, **options})
  return out.getvalue()


def run(command, suffix, image=FACE):
  """The output file of a command line in which IN, a file of this suffix, and OUT stand."""
  with tempfile.TemporaryDirectory() as folder:
    source, target = f"{folder}/in{suffix}", f"{folder}/out.jpg"
    if isinstance(image, bytes):
      pathlib.Path(source).write_bytes(image)
    else:
      image.save(source)
    command = [{"IN": source, "OUT": target}.get(word, word) for word in command]
    subprocess.run(command, check=True, capture_output=True)
    return pathlib.Path(target).read_bytes()


def cjpeg(*options, image=FACE):
  return run(["cjpeg", "-quality", "85", *options, "-outfile", "OUT", "IN"], ".ppm", image)


def jpegtran(jpeg, *options):
  return run(["jpegtran", "-copy", "all", *options, "-outfile", "OUT", "IN"], ".jpg", jpeg)


def with_scans(script, jpeg):
  with tempfile.NamedTemporaryFile("w", suffix=".scans") as file:
    file.write(script)
    file.flush()
    return jpegtran(jpeg, "-scans", file.name)


def magick(*options, image=FACE):
  return run(["convert-im6", "IN", *options, "OUT"], ".png", image)


def ffmpeg(pixels):
  return run([imageio_ffmpeg.get_ffmpeg_exe(), "-i", "IN", "-pix_fmt", pixels, "-q:v", "3", "-frames:v", "1", "OUT"],
             ".png")


def opencv(*options):
  return cv2.imencode(".jpg", np.array(FACE)[:, :, ::-1], list(options))[1].tobytes()


# ---- segments ----------------------------------------------------------------------------------------------------

def segments(jpeg):
  """[marker, payload] up to the first SOS, whose payload is the rest of the file."""
  found, at = [], 2
  while True:
    marker, length = jpeg[at + 1], struct.unpack(">H", jpeg[at + 2:at + 4])[0]
    if marker == 0xDA:
      return found + [[marker, jpeg[at + 2:]]]
    found.append([marker, jpeg[at + 4:at + 2 + length]])
    at += 2 + length


def join(parts):
  out = b"\xff\xd8"
  for marker, payload in parts:
    out += bytes([0xFF, marker])
    out += payload if marker == 0xDA else struct.pack(">H", len(payload) + 2) + payload
  return out


def without_jfif(jpeg):
  return join([part for part in segments(jpeg) if part[0] != 0xE0])


def before(jpeg, *added):
  """With segments right after the start marker, as cameras have their EXIF."""
  return join([list(part) for part in added] + segments(jpeg))


def after_jfif(jpeg, *added):
  parts = segments(jpeg)
  return join(parts[:1] + [list(part) for part in added] + parts[1:])


def adobe(transform):
  return 0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, transform)


def jfif_version(jpeg, major, minor):
  parts = segments(jpeg)
  parts[0][1] = parts[0][1][:5] + bytes([major, minor]) + parts[0][1][7:]
  return join(parts)


def with_ids(jpeg, ids):
  """Component identifiers in the frame header and all scan headers of a sequential file."""
  parts = segments(jpeg)
  old = {}
  for part in parts:
    if part[0] in (0xC0, 0xC1):
      payload = bytearray(part[1])
      for component, new in enumerate(ids):
        old[payload[6 + 3 * component]] = new
        payload[6 + 3 * component] = new
      part[1] = bytes(payload)
    elif part[0] == 0xDA:
      payload = bytearray(part[1])
      for component in range(payload[2]):
        payload[3 + 2 * component] = old[payload[3 + 2 * component]]
      part[1] = bytes(payload)
  return join(parts)


def with_frame(jpeg, marker):
  return join([[marker if part[0] in (0xC0, 0xC1) else part[0], part[1]] for part in segments(jpeg)])


def with_16_bit_tables(jpeg):
  parts = segments(jpeg)
  for part in parts:
    if part[0] == 0xDB:
      tables, payload = b"", part[1]
      for at in range(0, len(payload), 65):
        tables += bytes([payload[at] | 0x10]) + b"".join(struct.pack(">H", v) for v in payload[at + 1:at + 65])
      part[1] = tables
    elif part[0] == 0xC0:
      part[0] = 0xC1
  return join(parts)


def with_spectral_selection(jpeg, first, last):
  """Of a baseline scan header, where only 0 and 63 are right and decoders do not look."""
  parts = segments(jpeg)
  payload = bytearray(parts[-1][1])
  payload[9], payload[10] = first, last
  parts[-1][1] = bytes(payload)
  return join(parts)


def without_adobe(jpeg):
  return join([part for part in segments(jpeg) if part[0] != 0xEE])


def with_adobe_transform(jpeg, transform):
  return join([[m, p[:11] + bytes([transform]) if m == 0xEE else p] for m, p in segments(jpeg)])


def with_precision(jpeg, bits):
  return join([[m, bytes([bits]) + p[1:] if m == 0xC0 else p] for m, p in segments(jpeg)])


def with_height(jpeg, height):
  return join([[m, p[:1] + struct.pack(">H", height) + p[3:] if m == 0xC0 else p] for m, p in segments(jpeg)])


def jfif_thumbnail(jpeg):
  parts = segments(jpeg)
  parts[0][1] = parts[0][1][:12] + bytes([3, 2]) + bytes(range(18))
  return join(parts)


def exif(orientation, thumbnail=b"", notes=0):
  entries = [struct.pack("<HHII", 0x0112, 3, 1, orientation)]
  if notes:
    entries.append(struct.pack("<HHII", 0x927C, 7, notes, 100))
  body = struct.pack("<H", len(entries)) + b"".join(entries)
  second = 8 + len(body) + 4
  body += struct.pack("<I", second if thumbnail else 0)
  if thumbnail:
    start = second + 2 + 24 + 4
    body += struct.pack("<HHHIIHHIII", 2, 0x0201, 4, 1, start, 0x0202, 4, 1, len(thumbnail), 0) + thumbnail
  tail = (bytes(range(256)) * (notes // 256 + 1))[:notes]
  return 0xE1, b"Exif\0\0II*\0\x08\0\0\0" + body + tail


# ---- colour profiles ---------------------------------------------------------------------------------------------

def profile(gamma, red, green, blue, space=b"RGB "):
  """A minimal matrix profile (ICC version 2), or a grey one."""
  curve = b"curv" + struct.pack(">IIH2x", 0, 1, round(gamma * 256))

  def xyz(values):
    return b"XYZ " + struct.pack(">Iiii", 0, *(round(v * 65536) for v in values))

  text = b"desc" + struct.pack(">II", 0, 5) + b"test\0" + bytes(78 + 3)
  tags = [(b"desc", text), (b"wtpt", xyz((0.9642, 1, 0.8249)))]
  if space == b"GRAY":
    tags.append((b"kTRC", curve))
  else:
    tags += [(b"rXYZ", xyz(red)), (b"gXYZ", xyz(green)), (b"bXYZ", xyz(blue))]
    tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
  table, data, at = b"", b"", 132 + 12 * len(tags)
  for name, value in tags:
    value += bytes(-len(value) % 4)
    table += name + struct.pack(">II", at + len(data), len(value))
    data += value
  body = struct.pack(">I", len(tags)) + table + data
  header = struct.pack(">I4xI4s4s4s12x4s", 128 + len(body), 0x02100000, b"mntr", space, b"XYZ ", b"acsp")
  header += bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
  return header + bytes(128 - len(header)) + body


ADOBE_RGB = profile(2.2, (0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
DISPLAY_P3 = profile(2.2, (0.5151, 0.2412, -0.0011), (0.292, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
LINEAR = profile(1.0, (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
GREY = profile(2.2, None, None, None, b"GRAY")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def icc(data, number=1, count=1):
  return 0xE2, ICC + bytes([number, count]) + data


# ---- the corpus --------------------------------------------------------------------------------------------------

BASE = pillow(subsampling="4:2:0")
FULL = pillow(subsampling="4:4:4")
PLAIN = "0 1 2;\n"
APART = "0;\n1;\n2;\n"
DC_ONLY = "0 1 2: 0 0 0 0;\n"
COARSE = "0 1 2: 0 0 0 1;\n0: 1 5 0 2;\n"
FINE = ("0 1 2: 0 0 0 2;\n0: 1 8 0 2;\n1: 1 63 0 1;\n2: 1 63 0 1;\n0: 9 63 0 2;\n0: 1 63 2 1;\n0 1 2: 0 0 2 1;\n"
        "0: 1 63 1 0;\n1: 1 63 1 0;\n2: 1 63 1 0;\n0 1 2: 0 0 1 0;\n")

KINDS = {
    # libjpeg-turbo by Pillow
    **{f"quality_{q:03}": lambda q=q: pillow(quality=q) for q in (1, 5, 25, 50, 75, 95, 100)},
    "422": lambda: pillow(subsampling="4:2:2"),
    "optimised": lambda: pillow(optimize=True),
    "progressive_420": lambda: pillow(progressive=True),
    "progressive_444": lambda: pillow(progressive=True, subsampling="4:4:4", optimize=True),
    "progressive_422": lambda: pillow(progressive=True, subsampling="4:2:2"),
    "grey": lambda: pillow(FACE.convert("L")),
    "grey_progressive": lambda: pillow(FACE.convert("L"), progressive=True),
    "restart_blocks": lambda: pillow(restart_marker_blocks=1),
    "restart_rows": lambda: pillow(restart_marker_rows=1, subsampling="4:2:2"),
    "restart_progressive": lambda: pillow(restart_marker_blocks=2, progressive=True),
    "rgb_coded_adobe": lambda: pillow(keep_rgb=True),
    "rgb_coded_adobe_progressive": lambda: pillow(keep_rgb=True, progressive=True),
    **{f"size_{w}x{h}": lambda w=w, h=h: pillow(picture(w, h))
       for w, h in ((32, 32), (33, 33), (47, 35), (64, 64), (63, 49), (39, 57))},
    "size_33x47_422": lambda: pillow(picture(33, 47), subsampling="4:2:2"),
    "size_45x33_progressive": lambda: pillow(picture(45, 33), progressive=True),
    # libjpeg-turbo's own tools
    **{"sampling_" + s.replace(",", "_"): lambda s=s: cjpeg("-sample", s)
       for s in ("1x2", "4x1", "4x2", "1x4", "2x4", "3x1", "1x3", "2x2,2x1,1x1", "2x2,1x2,2x1", "2x2,1x1,2x2",
                 "1x1,2x2,1x1", "1x1,2x1,2x1", "2x1,2x1,1x1")},
    "sampling_1x2_odd": lambda: cjpeg("-sample", "1x2", image=picture(47, 35)),
    "sampling_4x1_odd": lambda: cjpeg("-sample", "4x1", image=picture(47, 35)),
    "sampling_4x2_progressive": lambda: cjpeg("-sample", "4x2", "-progressive"),
    "grey_sampling_2x2": lambda: cjpeg("-grayscale", "-sample", "2x2"),
    "arithmetic": lambda: cjpeg("-arithmetic"),
    "arithmetic_progressive": lambda: cjpeg("-arithmetic", "-progressive"),
    "arithmetic_restart": lambda: cjpeg("-arithmetic", "-restart", "1"),
    "arithmetic_444": lambda: cjpeg("-arithmetic", "-sample", "1x1"),
    "rgb_coded_ids": lambda: without_adobe(cjpeg("-rgb")),
    "rgb_coded_422": lambda: cjpeg("-rgb", "-sample", "2x1"),
    "dct_fast": lambda: cjpeg("-dct", "fast"),
    "dct_float": lambda: cjpeg("-dct", "float"),
    "smoothed": lambda: cjpeg("-smooth", "20"),
    "tables_16_bit": lambda: with_16_bit_tables(FULL),
    "tables_above_255": lambda: run(["cjpeg", "-quality", "2", "-outfile", "OUT", "IN"], ".ppm"),
    "scans_apart": lambda: with_scans(APART, BASE),
    "scans_apart_444": lambda: with_scans("2;\n0;\n1;\n", FULL),
    "progressive_dc_only": lambda: with_scans(DC_ONLY, BASE),
    "progressive_coarse": lambda: with_scans(COARSE, BASE),
    "progressive_coarse_444": lambda: with_scans(COARSE, FULL),
    "progressive_fine": lambda: with_scans(FINE, FULL),
    "transcoded_rotated": lambda: jpegtran(BASE, "-rotate", "90"),
    # other encoders
    "mozjpeg_420": lambda: mozjpeg_lossless_optimization.optimize(BASE),
    "mozjpeg_444": lambda: mozjpeg_lossless_optimization.optimize(FULL),
    "mozjpeg_grey": lambda: mozjpeg_lossless_optimization.optimize(pillow(FACE.convert("L"))),
    "ffmpeg_420": lambda: ffmpeg("yuvj420p"),
    "ffmpeg_422": lambda: ffmpeg("yuvj422p"),
    "ffmpeg_444": lambda: ffmpeg("yuvj444p"),
    "ffmpeg_grey": lambda: ffmpeg("gray"),
    "opencv": lambda: opencv(),
    "opencv_progressive": lambda: opencv(cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_QUALITY, 80),
    "opencv_411_restart": lambda: opencv(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411,
                                         cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
    "opencv_440": lambda: opencv(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440),
    "magick": lambda: magick("-quality", "85"),
    "magick_440": lambda: magick("-sampling-factor", "1x2"),
    "magick_411_progressive": lambda: magick("-sampling-factor", "4x1", "-interlace", "JPEG"),
    "magick_grey": lambda: magick("-colorspace", "Gray"),
    "magick_rgb_coded": lambda: magick("-colorspace", "RGB", "-set", "colorspace", "sRGB", "-sampling-factor", "1x1",
                                       "-define", "jpeg:optimize-coding=false"),
    # what says which colours are coded
    "no_jfif": lambda: without_jfif(BASE),
    "no_jfif_adobe_1": lambda: before(without_jfif(FULL), adobe(1)),
    "no_jfif_adobe_0": lambda: before(without_jfif(FULL), adobe(0)),
    "no_jfif_adobe_2": lambda: before(without_jfif(FULL), adobe(2)),
    "no_jfif_adobe_7": lambda: before(without_jfif(FULL), adobe(7)),
    "jfif_adobe_1": lambda: after_jfif(BASE, adobe(1)),
    "adobe_0_before_jfif": lambda: before(FULL, adobe(0)),
    **{f"jfif_1_{minor:02}": lambda minor=minor: jfif_version(BASE, 1, minor) for minor in (0, 2, 9)},
    "jfif_3_77": lambda: jfif_version(BASE, 3, 77),
    "ids_012_jfif": lambda: with_ids(BASE, (0, 1, 2)),
    "ids_012_420_no_jfif": lambda: without_jfif(with_ids(BASE, (0, 1, 2))),
    "ids_rgb_no_jfif": lambda: without_jfif(with_ids(FULL, b"RGB")),
    "ids_rgb_jfif": lambda: with_ids(FULL, b"RGB"),
    "ids_small_rgb_no_jfif": lambda: without_jfif(with_ids(FULL, b"rgb")),
    "ids_other_no_jfif": lambda: without_jfif(with_ids(BASE, (10, 200, 30))),
    "ids_321_no_jfif": lambda: without_jfif(with_ids(FULL, (3, 2, 1))),
    "ids_ycc_no_jfif": lambda: without_jfif(with_ids(FULL, b"YCc")),
    "ids_duplicate": lambda: with_ids(pillow(FACE.convert("L")), (7,)),
    # profiles, none of which is applied
    "icc_srgb": lambda: after_jfif(BASE, icc(SRGB)),
    "icc_adobe_rgb": lambda: after_jfif(BASE, icc(ADOBE_RGB)),
    "icc_display_p3": lambda: after_jfif(FULL, icc(DISPLAY_P3)),
    "icc_linear_progressive": lambda: after_jfif(pillow(progressive=True), icc(LINEAR)),
    "icc_grey_in_grey": lambda: after_jfif(pillow(FACE.convert("L")), icc(GREY)),
    "icc_rgb_in_grey": lambda: after_jfif(pillow(FACE.convert("L")), icc(ADOBE_RGB)),
    "icc_two_parts": lambda: after_jfif(BASE, icc(ADOBE_RGB[:200], 1, 2), icc(ADOBE_RGB[200:], 2, 2)),
    "icc_parts_reversed": lambda: after_jfif(BASE, icc(ADOBE_RGB[200:], 2, 2), icc(ADOBE_RGB[:200], 1, 2)),
    "icc_part_zero": lambda: after_jfif(BASE, icc(ADOBE_RGB, 0, 0)),
    "icc_before_jfif": lambda: before(BASE, icc(ADOBE_RGB)),
    # cameras and editors
    "exif_orientation_6": lambda: before(without_jfif(BASE), exif(6)),
    "exif_orientation_3_jfif": lambda: after_jfif(BASE, exif(3)),
    "exif_thumbnail": lambda: before(without_jfif(BASE), exif(1, pillow(FACE.resize((16, 16))))),
    "exif_maker_notes": lambda: before(without_jfif(BASE), exif(1, notes=9000)),
    "exif_before_jfif": lambda: before(BASE, exif(8)),
    "exif_garbage": lambda: before(without_jfif(BASE), (0xE1, b"Exif\0\0" + bytes(range(99)))),
    "phone_mpf": lambda: before(without_jfif(BASE), exif(1), (0xE2, b"MPF\0II*\0" + bytes(60)), icc(DISPLAY_P3)) + BASE,
    "xmp": lambda: after_jfif(BASE, (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>" + b" " * 500)),
    "photoshop": lambda: after_jfif(BASE, (0xED, b"Photoshop 3.0\08BIM\x04\x04" + bytes(40)), adobe(1)),
    "jfif_thumbnail": lambda: jfif_thumbnail(BASE),
    "jfxx": lambda: after_jfif(BASE, (0xE0, b"JFXX\0\x13\x02\x02" + bytes(12))),
    "comments": lambda: after_jfif(BASE, (0xFE, b"one"), (0xFE, b""), (0xFE, b"\xff\xd9 inside" * 20)),
    "other_segments": lambda: after_jfif(BASE, *((marker, b"x" * marker) for marker in range(0xE3, 0xED))),
    "fill_bytes": lambda: BASE[:2] + b"\xff\xff\xff" + BASE[2:],
    "restart_interval_0": lambda: after_jfif(BASE, (0xDD, b"\0\0")),
    "extended_sequential": lambda: with_frame(BASE, 0xC1),
    "spectral_selection_0_0": lambda: with_spectral_selection(BASE, 0, 0),
    "tables_twice": lambda: join([part for part in segments(BASE)[:-1] for _ in range(1 + (part[0] in (0xDB, 0xC4)))]
                                 + segments(BASE)[-1:]),
    "trailing_zeros": lambda: BASE + bytes(100),
    "trailing_text": lambda: BASE + b"\r\n<!-- served by a bad script -->",
    "trailing_image": lambda: BASE + FULL,
    # what is refused
    "refused_cmyk": lambda: pillow(FACE.convert("CMYK")),
    "refused_ycck": lambda: with_adobe_transform(pillow(FACE.convert("CMYK")), 2),
    "refused_12_bit": lambda: with_precision(BASE, 12),
    "refused_no_height": lambda: with_height(BASE, 0),
    "refused_lossless_frame": lambda: with_frame(BASE, 0xC7),
    "refused_tables_only": lambda: join([part for part in segments(BASE) if part[0] == 0xDB]) + b"\xff\xd9",
}


def pixels(file):
  image = Image.open(file)
  return image.size, hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()


def main():
  FOLDER.mkdir(parents=True, exist_ok=True)
  for name, make in KINDS.items():
    file = FOLDER / f"{name}.jpg"
    if not file.exists():
      file.write_bytes(make())
  lines = [f"# SHA-256 of convert('RGB').tobytes(), width, height, file; by Pillow {Image.__version__}"
           f" with libjpeg-turbo {features.version('libjpeg_turbo')}"]
  for file in sorted(FOLDER.glob("*.jpg")):
    if not file.name.startswith("refused_"):
      (width, height), digest = pixels(file)
      lines.append(f"{digest} {width} {height} {file.name}")
  (FOLDER / "expected.txt").write_text("\n".join(lines) + "\n")
  print(f"{len(lines) - 1} files to decode", file=sys.stderr)


if __name__ == "__main__":
  main()
