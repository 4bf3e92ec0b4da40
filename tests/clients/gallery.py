"""What the transforms of examples/transforms are tried on, and what only a program can see of what they made.

gallery.py make FOLDER      writes inputs and expected bytes: FOLDER/NAME/CASE.in, CASE.out
gallery.py check FOLDER     looks at pictures and pages: FOLDER/NAME/CASE.made
gallery.py scanner PORT     is a scanner that knows two objects
"""

import base64
import gzip
import hashlib
import http.server
import json
import pathlib
import struct
import sys
import zlib

# 60 lines, compressed by `zstd -19 --check`.
LINES = "".join(f"line {at % 7}: the quick brown fox jumps over the lazy dog\n" for at in range(1, 61)).encode()
LINES_ZSTD = base64.b64decode(
    "KLUv/WQwC40CAFQDbGluZSAxOiB0aGUgcXVpY2sgYnJvd24gZm94IGp1bXBzIG92ZXJsYXp5IGRvZwoyMzQ1NjAJIGAzWwfBevPh"
    "5sHJcAqch5MBR9zlWFzoCWo9oyI="
)
# This much is more than the decompressing transform returns: output_bytes_max of its transform.toml.
BOMB_BYTES = 160 << 20


def png(width, height, rows=None):
    """A picture of 8-bit colours; without rows, one that announces more than it has."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    data = zlib.compress(b"".join(b"\0" + row for row in rows or [b""]), 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def picture(width=480, height=320):
    """A sun over hills."""
    rows = []
    for y in range(height):
        row = bytearray()
        for x in range(width):
            sun = (x - 350) ** 2 + (y - 90) ** 2 < 45**2
            far = y > 210 - 40 * abs((x + 60) % 320 - 160) // 160
            near = y > 280 - 70 * abs((x + 200) % 420 - 210) // 210
            sky = (90 + y // 4, 150 + y // 5, 235 - y // 8)
            colour = (56, 120, 62) if near else (92, 150, 110) if far else (255, 214, 80) if sun else sky
            row += bytes(colour)
        rows.append(bytes(row))
    return png(width, height, rows)


def exif():
    """Turned by 90 degrees, and made by a camera whose name nobody needs to know."""
    camera = b"SECRET-CAMERA\0"
    entries = struct.pack(">HHII", 0x010F, 2, len(camera), 8 + 2 + 24 + 4) + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    tiff = b"MM\0*" + struct.pack(">I", 8) + struct.pack(">H", 2) + entries + struct.pack(">I", 0) + camera
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def zstd(blocks):
    """A frame without a checksum: raw bytes, or a byte and how often it is repeated."""
    frame = b"\x28\xb5\x2f\xfd\x00\x38"
    for at, block in enumerate(blocks):
        last = at == len(blocks) - 1
        kind, size, data = (0, len(block), block) if isinstance(block, bytes) else (1, block[1], block[0])
        frame += struct.pack("<I", last | kind << 1 | size << 3)[:3] + data
    return frame


def make(folder):
    def write(case, given, expected=None):
        path = folder / case
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".in").write_bytes(given)
        if expected is not None:
            path.with_suffix(".out").write_bytes(expected)

    sun, bomb = picture(), png(60_000, 60_000)
    write("image/unasked", sun, sun)
    for case in ["thumbnail", "cover", "never-larger", "bad-width", "bad-payload"]:
        write(f"image/{case}", sun)
    write("image/cut-off", sun[: len(sun) // 2])
    write("image/no-picture", b"no picture at all")
    write("image/bomb", bomb)
    write("watermark/payload", sun)
    write("watermark/bomb", bomb)
    write("redact/no-text", b"\xff\xfebinary")
    write("markdown/no-text", b"\xff\xfebinary")

    # What the transform made of the picture stands in its README.
    jpeg = pathlib.Path(__file__, "../../../examples/transforms/image/thumbnail.jpg").resolve().read_bytes()
    write("image/strip", jpeg[:2] + exif() + jpeg[2:])
    write("watermark/anonymous", jpeg)

    packed = gzip.compress(LINES)
    write("decompress/gzip", packed, LINES)
    write("decompress/content-type", packed, LINES)
    write("decompress/members", packed + gzip.compress(b"more\n"), LINES + b"more\n")
    write("decompress/gzip-cut", packed[:-12])
    write("decompress/gzip-damaged", packed[:-5] + bytes([packed[-5] ^ 1]) + packed[-4:])
    write("decompress/zstd", LINES_ZSTD, LINES)
    write("decompress/zstd-small", zstd([b"hi"]), b"hi")
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0skip"
    write("decompress/zstd-frames", LINES_ZSTD + skipped + zstd([b"a", (b"b", 70_000)]), LINES + b"a" + b"b" * 70_000)
    write("decompress/zstd-cut", LINES_ZSTD[:-6])
    write("decompress/zstd-damaged", LINES_ZSTD[:-1] + bytes([LINES_ZSTD[-1] ^ 1]))
    write("decompress/plain", LINES, LINES)
    write("decompress/empty", b"", b"")
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b"".join(deflate.compress(bytes(1 << 20)) for _ in range(BOMB_BYTES >> 20)) + deflate.flush()
    write("decompress/gzip-bomb", zeros)
    write("decompress/zstd-bomb", zstd([(b"\0", 128 << 10)] * (BOMB_BYTES >> 17)))

    write("json-schema/deep", b"[" * 100_000)
    write("json-schema/slow-pattern", json.dumps("a" * 100_000 + "!").encode())
    eicar = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STAND" + "ARD-ANTIVIRUS-TEST-FILE!$H+H*"
    write("scan/eicar", b"some text before\n" + eicar.encode() + b"\nand after")


def size(made):
    """Format, width and height."""
    if made.startswith(b"\x89PNG"):
        return ("png", *struct.unpack(">II", made[16:24]))
    if made.startswith(b"RIFF") and made[8:16] == b"WEBPVP8L":
        bits = struct.unpack("<I", made[21:25])[0]
        return ("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    at = 2
    while at < len(made):
        kind, length = made[at + 1], struct.unpack(">H", made[at + 2 : at + 4])[0]
        if kind in (0xC0, 0xC2):
            return ("jpeg", *struct.unpack(">HH", made[at + 5 : at + 9])[::-1])
        at += 2 + length
    return (None, 0, 0)


def check(folder):
    def read(case):
        return (folder / case).with_suffix(".made").read_bytes()

    for case, expected in [
        ("image/thumbnail", ("jpeg", 160, 107)),
        ("image/cover", ("webp", 100, 100)),
        ("image/never-larger", ("png", 480, 320)),
        ("image/strip", ("jpeg", 107, 160)),
        ("watermark/payload", ("png", 480, 320)),
        ("watermark/anonymous", ("jpeg", 160, 107)),
    ]:
        if (folder / case).with_suffix(".made").exists():
            assert size(read(case)) == expected, f"{case} is {size(read(case))} and not {expected}"
    if (folder / "image/strip.made").exists():
        assert b"SECRET-CAMERA" in (folder / "image/strip.in").read_bytes(), "the input names no camera"
        assert b"SECRET-CAMERA" not in read("image/strip"), "the camera is named"
    if (folder / "watermark/payload.made").exists():
        assert read("watermark/payload") != picture(), "there is no watermark"
    if (folder / "markdown/page.made").exists():
        check_page(read("markdown/page").decode())


def check_page(page):
    for part in [
        "<title>Hello &amp; welcome</title>", '<a href="https://example.com">', '<a href="#">script</a>',
        "&lt;b onclick=", "&lt;script&gt;", "<td><del>2</del></td>", '<a href="other.md#part">',
    ]:
        assert part in page, f"{part} is not in the page: {page}"
    for part in ['href="javascript:', "<script", "<b ", "data:image"]:
        assert part not in page.split("<body>")[1], f"{part} is in the page: {page}"


class Scanner(http.server.BaseHTTPRequestHandler):
    known = {hashlib.sha256(text).hexdigest(): verdict for text, verdict in [
        (b"hello world", {"infected": False}), (b"not harmless", {"infected": True, "name": "Example.Virus"}),
    ]}

    def do_GET(self):
        verdict = self.known.get(self.path.rpartition("/")[2])
        body = json.dumps(verdict).encode() if self.path != "/" else b"<html>"
        self.send_response(404 if verdict is None and self.path != "/" else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    what, where = sys.argv[1:]
    if what == "scanner":
        http.server.ThreadingHTTPServer(("127.0.0.1", int(where)), Scanner).serve_forever()
    {"make": make, "check": check}[what](pathlib.Path(where))
