#!/usr/bin/env python3
"""Proves from a trace that each acknowledged id was on disk before its acknowledgement left.

For every id: the page that holds it was written (pwrite64 ended), then a sync of that file began, that sync ended well,
and only then did the first bytes that carry the id leave towards the sender. A control shows that the check can fail:
with the syncs taken out of the trace every id must be reported.
"""
import json
import re
import sys

CALL = re.compile(r"^(\d+)\s+(\d+\.\d+) (\w+)\((.*)$")
RESUMED = re.compile(r"^(\d+)\s+(\d+\.\d+) <\.\.\. (\w+) resumed>(.*)$")
RESULT = re.compile(r"= (-?\d+).*?(?:<(\d+\.\d+)>)?$")


def calls(path):
    """Yields (name, arguments, result, begin, end) of every finished call."""
    open_calls = {}
    with open(path, encoding="latin-1") as lines:
        for line in lines:
            line = line.rstrip("\n")
            resumed = RESUMED.match(line)
            if resumed:
                pid, at, name, rest = resumed.groups()
                begun = open_calls.pop((pid, name), None)
                if begun:
                    yield finish(name, begun[1] + rest, begun[0], float(at))
                continue
            call = CALL.match(line)
            if not call:
                continue
            pid, at, name, rest = call.groups()
            if rest.endswith("<unfinished ...>"):
                open_calls[(pid, name)] = (float(at), rest[: -len("<unfinished ...>")])
            else:
                yield finish(name, rest, float(at), None)


def finish(name, rest, begin, resumed_at):
    found = RESULT.search(rest[-200:])
    result = int(found.group(1)) if found else 0
    took = float(found.group(2)) if found and found.group(2) else 0.0
    return name, rest, result, begin, max(begin + took, resumed_at or 0.0)


def path_of(arguments):
    """The file behind the descriptor, as strace -y names it: the same file may be open twice."""
    return arguments.split("<", 1)[-1].split(">", 1)[0]


def unescape(text):
    return text.replace("\\x", "")


def hexes(id_hex):
    """The id as the journal's codec writes it (16 bytes, little-endian), and as text in an answer."""
    little = bytes.fromhex(id_hex)[::-1].hex()
    return little, id_hex.encode().hex()


def main():
    trace, acks = sys.argv[1:3]
    ids = [json.loads(line)["id"] for line in open(acks) if line.strip()]
    if not ids:
        sys.exit("no acknowledged id: the trace proves nothing")
    written, sent, syncs = {}, {}, []
    blob = re.compile("fe([0-9a-f]{32})")
    text = re.compile("22((?:3[0-9]|6[1-6]){32})22")
    wanted_page = {hexes(i)[0]: i for i in ids}
    wanted_text = {hexes(i)[1]: i for i in ids}
    for name, arguments, result, begin, end in calls(trace):
        if name == "fdatasync":
            syncs.append((begin, end, path_of(arguments), result))
            continue
        data = unescape(arguments)
        if name == "pwrite64":
            fd = path_of(arguments)
            for match in overlapping(blob, data):
                if match in wanted_page:
                    written.setdefault(wanted_page[match], (end, fd))
        else:
            for match in text.findall(data):
                if match in wanted_text:
                    sent.setdefault(wanted_text[match], begin)
    bad = check(ids, written, sent, syncs)
    control = check(ids, written, sent, [])
    print(f"{len(ids)} acknowledged, {len(written)} found in written pages, {len(sent)} answers seen, "
          f"{len(syncs)} syncs ({sum(1 for s in syncs if s[3] != 0)} failed), {len(bad)} out of order; "
          f"control without syncs: {len(control)} out of order")
    for line in bad[:10]:
        print("  " + line)
    if bad or len(control) != len(ids):
        sys.exit(1)


def overlapping(pattern, data):
    at = 0
    while True:
        found = pattern.search(data, at)
        if not found:
            return
        yield found.group(1)
        at = found.start() + 1


def check(ids, written, sent, syncs):
    good = sorted((b, e, fd) for b, e, fd, result in syncs if result == 0)
    bad = []
    for i in ids:
        if i not in written:
            bad.append(f"{i}: no page with it was written")
        elif i not in sent:
            bad.append(f"{i}: no answer with it was seen")
        else:
            end, fd = written[i]
            if not any(end <= b and e <= sent[i] and synced == fd for b, e, synced in good):
                bad.append(f"{i}: page written at {end}, answered at {sent[i]}, no sync between them")
    return bad


main()
