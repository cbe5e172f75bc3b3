"""Damages one file or directory of a data directory, as a seed has it, and says what it did.

    strike.py DATA_DIR FOREIGN_DATA_DIR SEED

Every file is as likely as any other, and so is every kind: a flipped bit, zeros, cut short, emptied, removed, doubled,
swapped with another file, another data directory's file or directory in its place.
"""

import os
import random
import shutil
import sys

data, foreign, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
dice = random.Random(seed)
files, dirs = [], []
for here, inside, names in os.walk(data):
    files += [os.path.relpath(os.path.join(here, name), data) for name in names]
    dirs += [os.path.relpath(os.path.join(here, name), data) for name in inside]
files.sort()
dirs.sort()


def read(name):
    with open(os.path.join(data, name), "rb") as file:
        return file.read()


def write(name, content):
    with open(os.path.join(data, name), "wb") as file:
        file.write(content)


def used(content):
    return len(content.rstrip(b"\0"))


name = dice.choice(files)
content = read(name)
end = max(used(content), 1)
kinds = ["flip", "flip", "zero", "cut", "empty", "remove", "double", "swap", "foreign", "directory removed", "foreign directory"]
kind = dice.choice(kinds)
other_dirs = [one for one in dirs if os.path.isdir(os.path.join(foreign, one))]
if kind == "flip" and content:
    place = dice.randrange(end)
    write(name, content[:place] + bytes([content[place] ^ (1 << dice.randrange(8))]) + content[place + 1 :])
    kind += f" at byte {place} of {len(content)}"
elif kind == "zero" and content:
    place, length = dice.randrange(end), dice.choice([1, 40, 512, 4096, 100_000])
    until = min(place + length, end)
    write(name, content[:place] + bytes(until - place) + content[until:])
    kind += f" bytes {place} to {until} of {len(content)}"
elif kind == "cut" and content:
    place = dice.randrange(len(content))
    write(name, content[:place])
    kind += f" at {place} of {len(content)}"
elif kind == "empty":
    write(name, b"")
elif kind == "double":
    write(name, content + content)
elif kind == "swap":
    same = [one for one in files if one != name and os.path.basename(one) == os.path.basename(name)]
    other = dice.choice(same or [one for one in files if one != name])
    theirs = read(other)
    write(other, content)
    write(name, theirs)
    kind += f" with {other}"
elif kind == "foreign" and os.path.isfile(os.path.join(foreign, name)):
    shutil.copyfile(os.path.join(foreign, name), os.path.join(data, name))
elif kind == "directory removed":
    name = dice.choice(dirs)
    shutil.rmtree(os.path.join(data, name))
elif kind == "foreign directory" and other_dirs:
    name = dice.choice(other_dirs)
    shutil.rmtree(os.path.join(data, name))
    shutil.copytree(os.path.join(foreign, name), os.path.join(data, name))
else:
    kind = "remove"
    os.remove(os.path.join(data, name))
print(f"{name}: {kind}")
