"""Opens connections that keep an engine waiting, of one kind after another, and says what it did to others.

    silent.py KIND HTTP-PORT BINARY-PORT COUNT SECONDS [CA-FILE]

KIND: plain, tls, h2, head, idle, half, unread, binary, or `all` (some of each, and waits for a line on stdin before it ends).
Prints one line: how many were opened, when the last one was closed, how many still are open after SECONDS, the slowest
/healthz, and how another sender's notifications went meanwhile.
"""

import json
import resource
import select
import socket
import ssl
import sys
import threading
import time

HOST = "127.0.0.1"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
SAYS = {
    "plain": b"",
    "tls": b"",
    "h2": PREFACE,
    "head": b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: ",
    "idle": HEALTH,
    "half": b"POST /v1/notifications/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n{",
    "unread": b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 40,
    "binary": b"",
}


def connect(port, context=None, wait=10):
    stream = socket.create_connection((HOST, port), timeout=wait)
    return context.wrap_socket(stream, server_hostname="localhost") if context else stream


def answer(stream):
    said = b""
    while b"\r\n\r\n" not in said:
        more = stream.recv(65536)
        if not more:
            raise OSError("closed")
        said += more
    head, body = said.split(b"\r\n\r\n", 1)
    length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    left = int(length[0].split(b":")[1]) - len(body) if length else 0
    while left > 0:
        more = stream.recv(65536)
        if not more:
            raise OSError("closed")
        left -= len(more)
    return int(head.split(b" ")[1])


class Others(threading.Thread):
    """Asks for health on a new connection, and sends on one that stays, until told to end."""

    def __init__(self, port, context, what):
        super().__init__(daemon=True)
        self.port, self.context, self.what = port, context, what
        self.done = threading.Event()
        self.good = self.failed = self.again = 0
        self.slowest = 0.0

    def notification(self):
        body = json.dumps({
            "tenant_id": "H-1", "flow": "notice", "category": "repairs", "environment": "production",
            "idempotency_key": f"silent-{time.time_ns()}", "data": {"title": "a", "text": "b"},
        }).encode()
        head = f"POST /v1/notifications HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def run(self):
        stream = None
        while not self.done.is_set():
            began = time.monotonic()
            try:
                if stream is None:
                    stream = connect(self.port, self.context)
                    self.again += 1
                stream.sendall(HEALTH if self.what == "health" else self.notification())
                right = answer(stream) == (200 if self.what == "health" else 202)
                self.good, self.failed = self.good + right, self.failed + (not right)
            except OSError:
                self.failed += 1
                stream = None
            if self.what == "health" and stream is not None:
                stream.close()
                stream = None
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.done.wait(0.1)

    def end(self):
        self.done.set()
        self.join(15)
        # One that still waits counts as well.
        return f"{self.what}: {self.good} good, {self.failed} failed, slowest {self.slowest:.3f} s"


def crowd(kind, port, count, context):
    streams, refused = [], 0
    for _ in range(count):
        try:
            stream = connect(port, context, wait=5)
            stream.sendall(SAYS[kind])
            stream.setblocking(False)
            streams.append(stream)
        except OSError:
            refused += 1
            if refused > 50:
                break
    return streams, refused


def wait_closed(streams, seconds, since):
    poll = select.epoll()
    left = {stream.fileno(): stream for stream in streams}
    for number in left:
        poll.register(number, select.EPOLLIN | select.EPOLLRDHUP)
    last = 0.0
    while left and time.monotonic() - since < seconds:
        for number, event in poll.poll(0.5):
            stream = left[number]
            try:
                closed = event & (select.EPOLLHUP | select.EPOLLERR) or stream.recv(65536) == b""
            except (BlockingIOError, ssl.SSLWantReadError):
                closed = False
            except OSError:
                closed = True
            if closed:
                last = time.monotonic() - since
                poll.unregister(number)
                stream.close()
                del left[number]
    return left, last


def unread(streams, seconds, since):
    """Those that never read: closed when writing to them fails."""
    last, left = 0.0, list(streams)
    while left and time.monotonic() - since < seconds:
        poll = select.poll()
        for stream in left:
            poll.register(stream, select.POLLHUP | select.POLLERR | select.POLLRDHUP)
        gone = {number for number, _ in poll.poll(500)}
        if gone:
            last = time.monotonic() - since
        left = [stream for stream in left if stream.fileno() not in gone]
    return left, last


def main():
    kind, http, binary, count, seconds = sys.argv[1], *map(int, sys.argv[2:6])
    context = ssl.create_default_context(cafile=sys.argv[6]) if len(sys.argv) > 6 else None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if kind == "all":
        kinds = [k for k in SAYS if k != "tls"]
        held = [crowd(k, binary if k == "binary" else http, count // len(kinds), None) for k in kinds]
        print(f"{sum(len(streams) for streams, _ in held)} open", flush=True)
        sys.stdin.readline()
        return
    others = [Others(http, context, what) for what in ("health", "sender")]
    for other in others:
        other.start()
    began = time.monotonic()
    streams, refused = crowd(kind, binary if kind == "binary" else http, count, context)
    opened = time.monotonic()
    left, last = (unread if kind == "unread" else wait_closed)(streams, seconds, opened)
    told = [other.end() for other in others]
    print(
        f"{kind}: {len(streams)} opened in {opened - began:.1f} s ({refused} refused), "
        f"last closed {last:.1f} s later, {len(left)} open after {min(seconds, time.monotonic() - opened):.0f} s; " + "; ".join(told)
    )


main()
