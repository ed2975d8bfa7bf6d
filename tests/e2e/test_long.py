# SPDX-License-Identifier: MIT
"""Pages of many megabytes: complete, in every coding, and no burden to who serves them."""
import concurrent.futures
import gzip
import re
import shutil
import subprocess

import pytest

import web
from programs import NO_PROXY

SERIES = 100000
MEMORY_MAX = 16_000_000  # bytes that scrapes may add


@pytest.fixture
def program(start):
    started = start("e2e-long", "127.0.0.1:0", SERIES)
    assert started.port
    return started


def values_of(page):
    """Of the family that makes the page long, by the number in its label."""
    found = re.findall(rb'^long_total\{path="[a-z/]*/(\d+)/[a-z/]*",method="GET"\} (\d+)$', page, re.M)
    return {int(number): int(value) for number, value in found}


def peak_bytes(program):
    """The most memory that it ever had."""
    with open(f"/proc/{program.pid}/status", encoding="ascii") as status:
        return int(re.search(r"^VmHWM:\s+(\d+) kB$", status.read(), re.M)[1]) * 1024


EXPECTED = {i: i for i in range(SERIES)}


def test_a_long_page_is_complete_in_each_coding(program):
    with web.Client(program.port) as client:
        for _ in range(2):  # the second time from the cache
            plain = client.get()
            zipped = client.get(encoding="gzip")
            assert len(plain.body) > 10_000_000
            assert zipped.header("Content-Encoding") == "gzip"
            assert len(zipped.body) < len(plain.body) / 5
            assert values_of(plain.body) == EXPECTED
            assert values_of(gzip.decompress(zipped.body)) == EXPECTED


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_reads_it(program):
    page = subprocess.run(["curl", "-sSf", "--compressed", f"http://127.0.0.1:{program.port}/metrics"],
                          check=True, capture_output=True, env=NO_PROXY).stdout
    assert values_of(page) == EXPECTED


def test_scrapes_add_little_memory_however_long_the_page_is(program):
    before = peak_bytes(program)

    for encoding in (None, "gzip", None, "gzip"):
        assert web.get(program.port, encoding=encoding).status == 200
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(web.get, program.port, encoding="gzip") for _ in range(8)]
        assert all(answer.result().status == 200 for answer in answers)
    assert peak_bytes(program) - before < MEMORY_MAX


def test_readers_that_stand_still_add_little_memory_and_stop_nobody(program):
    before = peak_bytes(program)
    slow = [web.connect(program.port, receive_buffer=4096) for _ in range(50)]

    for connection in slow:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for _ in range(3):
        assert values_of(web.get(program.port).body) == EXPECTED
    for connection in slow:
        connection.close()
    assert peak_bytes(program) - before < MEMORY_MAX
