"""Does one thing to an archive behind its back. Usage: strike.py ARCHIVE WHAT VOLUME; prints the place that the check must name."""

import json
import pathlib
import shutil
import sys

from_, what, volume = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
volumes = from_ / "volumes"
folder, other = volumes / f"{volume:010}", volumes / f"{volume + 1:010}"
blocks, manifest = folder / "0000.blocks", folder / "manifest.json"


def name(path):
    return str(path.relative_to(from_))


if what == "flip":
    data = bytearray(blocks.read_bytes())
    data[len(data) // 2] ^= 1
    blocks.write_bytes(data)
    print(name(blocks))
elif what == "remove":
    shutil.rmtree(folder)
    print(name(manifest))
elif what == "object":
    blocks.unlink()
    print(name(blocks))
elif what == "swap":
    aside = volumes / "aside"
    folder.rename(aside)
    other.rename(folder)
    aside.rename(other)
    print(name(manifest))
elif what == "truncate":
    data = blocks.read_bytes()
    blocks.write_bytes(data[: len(data) // 2])
    print(name(blocks))
elif what == "resign":
    # Everything of it is consistent in itself: only the volume behind it knows better.
    told = json.loads(manifest.read_text())
    told["sealed_at"] += 1
    manifest.write_text(json.dumps(told, indent=2) + "\n")
    print(name(manifest))
elif what == "empty":
    manifest.write_bytes(b"")
    print(name(manifest))
else:
    sys.exit(f"{what}: no such damage")
