#!/usr/bin/env python3
"""Submits notifications over the binary port, with nothing but Python's standard library.

Written from docs/binary-protocol.md alone. Reads one JSON object a line, in the form of POST /v1/notifications, and
writes one JSON object a line for each: accepted, refused, or wrong before it was sent. A lost connection is made again
and every row without an answer is sent again under its key, as the protocol asks.

    python3 examples/submit.py [--address 127.0.0.1:8081] [--key slk_...] < rows.ndjson

Exit code: 0 when every row was accepted, 1 when one was not, 2 when the engine ended the conversation for good.
"""
import argparse
import datetime
import json
import socket
import struct
import sys
import time

ABSENT = -(1 << 63)
PRIORITIES = ["urgent", "normal", "bulk"]
ENVIRONMENTS = ["production", "acceptance", "test", "development"]
CODES = {1: "invalid", 2: "unknown_flow", 3: "conflict", 4: "too_large", 5: "unauthorised", 101: "share_full",
         102: "engine_full", 103: "starting", 104: "stopping", 105: "internal"}
MAX_FRAME = 1 << 20


class Fatal(Exception):
    """The engine ended the conversation, and connecting again changes nothing."""


def short(text):
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def instant(text):
    if text is None:
        return ABSENT
    parsed = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(parsed.timestamp() * 1000)


def row(fields):
    """The bytes of one row; raises KeyError, ValueError or struct.error for what no row can hold."""
    subject = fields.get("subject")
    data = json.dumps(fields.get("data", {}), ensure_ascii=False).encode()
    head = struct.pack(">BBqq", PRIORITIES.index(fields.get("priority", "normal")),
                       ENVIRONMENTS.index(fields["environment"]),
                       instant(fields.get("send_after")), instant(fields.get("expires_at")))
    names = short(fields["tenant_id"]) + short(fields["flow"]) + short(fields["category"])
    about = b"\x00" if subject is None else b"\x01" + short(subject["kind"]) + short(subject["id"])
    return head + names + about + short(fields["idempotency_key"]) + struct.pack(">I", len(data)) + data


def frame(kind, payload=b""):
    return struct.pack(">IB", len(payload) + 1, kind) + payload


class Connection:
    """One conversation: frames out, frames in, and the credit between them."""

    def __init__(self, address, key):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.left = b""
        hello = b"SLUI" + struct.pack(">HH", 1, 1) + short(key) + short("submit.py")
        self.socket.sendall(frame(0x01, hello))
        kind, payload = self.read()
        if kind != 0x81:
            raise Fatal(f"frame {kind:#04x} instead of Welcome")
        _, self.credit, self.max_frame, durability = struct.unpack_from(">HIIB", payload)
        if durability != 0:
            raise Fatal("the engine acknowledges before the disk has it")

    def exactly(self, count):
        while len(self.left) < count:
            more = self.socket.recv(1 << 16)
            if not more:
                raise ConnectionError("the engine closed the connection")
            self.left += more
        data, self.left = self.left[:count], self.left[count:]
        return data

    def read(self):
        (length,) = struct.unpack(">I", self.exactly(4))
        if not 1 <= length <= MAX_FRAME:
            raise Fatal(f"a frame of {length} bytes")
        body = self.exactly(length)
        if body[0] == 0x87:
            code, retry_after, size = struct.unpack_from(">HIH", body, 1)
            message = body[9:9 + size].decode()
            if code < 100:
                raise Fatal(f"error {code}: {message}")
            time.sleep((retry_after or 100) / 1000)
            raise ConnectionError(message)
        return body[0], body[1:]

    def submit(self, correlation, data):
        if len(data) + 9 > self.max_frame:
            raise ValueError(f"the row has {len(data)} bytes, the engine takes frames of {self.max_frame}")
        self.socket.sendall(frame(0x02, struct.pack(">Q", correlation) + data))
        self.credit -= 1


def ack(payload, at=0):
    correlation, ident, _, flags = struct.unpack_from(">Q16sQB", payload, at)
    return correlation, {"id": ident.hex(), "duplicate": bool(flags & 1)}


def refusal(payload):
    correlation, code, retry_after, count = struct.unpack_from(">QHIH", payload)
    at, problems = 16, []
    for _ in range(count):
        pair = []
        for _ in ("path", "message"):
            (size,) = struct.unpack_from(">H", payload, at)
            pair.append(payload[at + 2:at + 2 + size].decode())
            at += 2 + size
        problems.append({"path": pair[0], "message": pair[1]})
    return correlation, code, retry_after, {"refused": CODES.get(code, code), "problems": problems}


def converse(connection, rows, answers):
    """Sends what has no answer and reads until everything has one. What may be taken later stays without."""
    waiting = [number for number in rows if number not in answers]
    unanswered, pause = set(), 0
    while waiting or unanswered:
        while waiting and connection.credit > 0:
            unanswered.add(waiting[0])
            connection.submit(waiting[0], rows[waiting[0]])
            waiting.pop(0)
        kind, payload = connection.read()
        if kind == 0x82 or kind == 0x83:
            count, first = (1, 0) if kind == 0x82 else (struct.unpack_from(">H", payload)[0], 2)
            for number, answer in (ack(payload, first + 33 * i) for i in range(count)):
                unanswered.discard(number)
                answers[number] = answer
        elif kind == 0x84:
            number, code, retry_after, answer = refusal(payload)
            unanswered.discard(number)
            if code < 100:
                answers[number] = answer
            else:
                pause = max(pause, retry_after or 1000)
        elif kind == 0x85:
            connection.credit += struct.unpack(">I", payload)[0]
        elif kind != 0x86:
            raise Fatal(f"frame {kind:#04x}: expected an answer, Credit or Pong")
    time.sleep(pause / 1000)
    connection.socket.sendall(frame(0x05))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--address", default="127.0.0.1:8081")
    options.add_argument("--key", default="")
    options = options.parse_args()
    rows, answers = {}, {}
    for number, line in enumerate(sys.stdin, 1):
        try:
            rows[number] = row(json.loads(line))
        except (KeyError, ValueError, TypeError, struct.error) as error:
            answers[number] = {"wrong": f"{type(error).__name__}: {error}"}
    try:
        tries = 0
        while any(number not in answers for number in rows):
            try:
                converse(Connection(options.address, options.key), rows, answers)
                tries = 0
            except (ConnectionError, socket.timeout) as error:
                tries += 1
                if tries > 10:
                    raise Fatal(f"ten connections were lost one after the other: {error}") from error
                time.sleep(min(0.1 * 2 ** tries, 10))
    except Fatal as error:
        print(f"submit.py: {error}", file=sys.stderr)
    for number in sorted(rows.keys() | answers.keys()):
        print(json.dumps({"row": number, **answers.get(number, {"unanswered": True})}))
    if len(answers) < len(rows.keys() | answers.keys()):
        return 2
    return 0 if all("id" in answer for answer in answers.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
