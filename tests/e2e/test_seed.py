# SPDX-License-Identifier: MIT
"""Eight ways in which the exporter of electrs was brought down or misled, each tried here."""
import time

import pytest

import pages
import web

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
LISTENING = {
    "indexer": ("--web.listen-address", "127.0.0.1:0"),
    "electrs_metrics": ("127.0.0.1:0",),
}
OVERFLOW = "__overflow__"


def samples_of(port):
    return pages.samples_of(pages.parse(web.get(port)))


def is_gone(connection):
    """The other side has ended it."""
    connection.settimeout(web.PATIENCE)
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    return True


@pytest.fixture
def indexer(start, tree):
    """At rest, so that its files and threads are its own and the exporter's."""
    program = start("indexer", *LISTENING["indexer"], "--passes", 1, tree)
    web.wait_until(lambda: b"indexer_index_height 1\n" in web.get(program.port).body, "one pass")
    return program


def start_with_big_page(start, address="127.0.0.1:0"):
    """More than the buffers of two sockets can hold."""
    program = start("e2e-rpc", address, 100000)
    program.say(b"".join(b"method %06d\n" % i for i in range(10000)))
    program.end_input()
    program.wait_for_line("^counted 10000 calls$")
    return program


@pytest.mark.parametrize("name", ["my app", "a) R 1 (x"])
@pytest.mark.parametrize("program,metric", [
    ("indexer", "process_resident_memory_bytes"), ("electrs_metrics", "process_memory_rss")])
def test_memory_is_right_whatever_the_process_is_called(start, tree, program, metric, name):
    started = start(start.copy(program, name), *LISTENING[program],
                    *([tree] if program == "indexer" else []))

    def find():
        value = samples_of(started.port).get((metric, frozenset()))
        return (value, started.resident_bytes()) if value else None
    reported, truth = web.wait_until(find, metric)
    comm = open(f"/proc/{started.pid}/comm", encoding="utf-8").read()
    assert comm == f"{name}\n"
    assert abs(reported - truth) < truth / 4 + (4 << 20)


def test_open_files_are_counted_exactly(indexer):
    with web.Client(indexer.port) as client:
        def reported():
            samples = pages.samples_of(pages.parse(client.get()))
            return pages.value_of(samples, "process_open_fds")

        # The connections of earlier requests may still be on their way out.
        alone = web.wait_until(
            lambda: reported() == indexer.open_fds() and indexer.open_fds(), "the count")
        idle = [web.connect(indexer.port) for _ in range(5)]
        for connection in idle:
            connection.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(65536)  # so they are accepted
        assert reported() == alone + 5 == indexer.open_fds()
        for connection in idle:
            connection.close()


def test_open_files_are_counted_exactly_under_the_name_of_electrs(start):
    electrs = start("electrs_metrics", *LISTENING["electrs_metrics"])

    with web.Client(electrs.port) as client:
        def reported():
            return pages.value_of(pages.samples_of(pages.parse(client.get())), "process_fs_fds")
        first = web.wait_until(lambda: pages.key_of("process_fs_fds", {}) in samples_of(
            electrs.port) and reported(), "process_fs_fds")
        assert first > 3
        web.wait_until(lambda: reported() == electrs.open_fds(), "the count, every 5 s")


def test_a_client_that_never_reads_holds_up_nobody(start):
    program = start_with_big_page(start)
    whole = web.get(program.port)
    assert whole.body.count(b"electrum_rpc_count{") == 10000
    assert len(whole.body) > 6 << 20

    slow = [web.connect(program.port, receive_buffer=4096) for _ in range(3)]
    for connection in slow:
        connection.sendall(REQUEST)
        assert connection.recv(1) == b"H"  # its answer is on the way, and does not fit
    for _ in range(3):
        page = web.get(program.port)
        assert page.body.count(b"electrum_rpc_count{") == 10000
        assert page.header("Transfer-Encoding") == "chunked"  # or it would not be known as whole
    for connection in slow:
        connection.close()


def test_want_of_file_descriptors_is_survived_without_spinning(start):
    program = start("e2e-starve", "127.0.0.1:0")
    kept = web.Client(program.port)
    assert kept.get("/-/healthy").status == 200
    program.say(b"eat\n")
    program.wait_for_line("^starving: Too many open files$")

    cpu, begin = program.cpu_seconds(), time.monotonic()
    turned_away = 0
    while time.monotonic() < begin + 2:
        connections = [web.connect(program.port) for _ in range(5)]
        for connection in connections:
            turned_away += is_gone(connection)
            connection.close()
    used, elapsed = program.cpu_seconds() - cpu, time.monotonic() - begin
    assert turned_away >= 5
    assert used < elapsed / 2
    assert kept.get("/-/healthy").status == 200  # who is in is served

    program.say(b"release\n")
    program.wait_for_line("^released$")

    def served_again():
        try:
            return web.get(program.port).status == 200
        except OSError:
            return False
    web.wait_until(served_again, "the first scrape afterwards")
    assert pages.value_of(samples_of(program.port), "process_max_fds") == 64
    kept.close()
    program.end_input()
    assert program.process.wait(web.PATIENCE) == 0


def test_requests_of_a_version_to_come_leak_nothing(indexer):
    fds, threads = indexer.open_fds(), indexer.threads()

    for _ in range(100):
        connection = web.connect(indexer.port)
        connection.sendall(b"GET / HTTP/2.0\r\n\r\n")
        assert web.read_to_end(connection).startswith(b"HTTP/1.1 505 ")
        connection.close()

    web.wait_until(lambda: indexer.open_fds() <= fds, f"{fds} open files")
    assert indexer.threads() == threads
    assert web.get(indexer.port).status == 200


def test_two_hundred_idle_connections_delay_nobody(indexer):
    threads = indexer.threads()
    idle = [web.connect(indexer.port) for _ in range(200)]

    begin = time.monotonic()
    assert web.get(indexer.port).status == 200
    assert time.monotonic() - begin < 2  # it takes a millisecond; nobody idle is cut off before 5 s
    assert indexer.threads() == threads
    web.wait_until(lambda: indexer.open_fds() < 100, "at most 64 connections", patience=4)
    for connection in idle:
        connection.close()


def test_label_values_from_strangers_are_bounded_and_no_call_is_lost(start):
    program = start("e2e-rpc", "127.0.0.1:0")
    known = [b"blockchain.headers.subscribe", b"server.ping", b"mempool.get_fee_histogram"]
    odd = [b'quote" and \\', b"\xff\xfe\xfd", b"nul\0nul", b"", b"x" * 5000]
    strangers = [b"stranger %d" % i for i in range(5000)]
    for method in known * 10 + odd * 2:
        program.say(method + b"\n")
    for stranger in strangers:
        program.say(b"\n".join([stranger, stranger, known[0], b""]))
    program.end_input()
    calls = 30 + 10 + 3 * len(strangers)
    program.wait_for_line(f"^counted {calls} calls$")

    samples = samples_of(program.port)
    for name in ("electrum_calls_total", "electrum_rpc_count"):
        series = {dict(labels).get("method", ""): value
                  for (found, labels), value in samples.items() if found == name}
        overflow = series.pop(OVERFLOW)
        assert len(series) == 1000
        assert sum(series.values()) + overflow == calls
        assert series[known[0].decode()] == 10 + len(strangers)
        assert series["server.ping"] == 10
        assert {value for method, value in series.items() if "stranger" in method} == {2}
        assert overflow == 2 * (len(strangers) - (1000 - len(known) - len(odd)))
    sums = pages.sum_of(samples, "electrum_rpc_sum")
    assert sums == calls * 0.25
    dropped = pages.value_of(samples, "pitot_dropped_total", reason="series_limit")
    assert dropped == 2 * overflow  # two metrics


@pytest.mark.parametrize("name", ["indexer", "electrs_metrics", "rpc"])
def test_it_stops_at_once_and_its_port_is_free(start, tree, name):
    if name == "rpc":
        program = start_with_big_page(start)
        again = ["e2e-rpc", "127.0.0.1:{port}"]
    elif name == "indexer":
        program = start(name, *LISTENING[name], tree)
        again = [name, "--web.listen-address", "127.0.0.1:{port}", tree]
    else:
        program = start(name, *LISTENING[name])
        again = [name, "127.0.0.1:{port}"]
    port = program.port
    kept = web.Client(port)
    assert kept.get("/-/healthy").status == 200
    reading, silent, half = (web.connect(port, receive_buffer=4096) for _ in range(3))
    reading.sendall(REQUEST)
    assert reading.recv(1) == b"H"
    half.sendall(REQUEST[:20])

    assert program.signal() < 2
    second = start(*(str(word).format(port=port) for word in again))
    assert second.port == port
    assert web.get(port).status == 200
    for connection in (kept, reading, silent, half):
        connection.close()
