# SPDX-License-Identifier: MIT
"""Where a program serves; and that it runs on where it cannot."""
import socket
import stat
import subprocess

import pytest

import pages
import web

SUMMARY = r"^indexer: files=(\d+) bytes=\d+ passes=(\d+)$"


def start_indexer(start, tree, address, *more):
    return start("indexer", "--web.listen-address", address, *more, tree)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as listener:
            listener.bind(("::1", 0))
        return True
    except OSError:
        return False


def test_a_program_whose_port_is_taken_says_so_and_runs_on(start, tree):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        program = start_indexer(start, tree, address, "--run-for", 1)
        assert program.process.wait(web.PATIENCE) == 0

    assert program.stderr() == (
        f'indexer: metrics: cannot listen on "{address}": Address already in use\n')
    files, passes = map(int, program.wait_for_line(SUMMARY).groups())
    assert passes >= 1 and files >= 40
    assert "Serving" not in program.stdout()


@pytest.mark.parametrize("address,reason", [
    ("192.0.2.1:9464", 'cannot listen on "192.0.2.1:9464": Cannot assign requested address'),
    ("unix:/nowhere/metrics.sock",
     'cannot listen on "unix:/nowhere/metrics.sock": No such file or directory'),
    ("127.0.0.1",
     'listen "127.0.0.1": no port; write "127.0.0.1:9464", or ":9464" for any address'),
])
def test_a_program_that_cannot_serve_names_the_address_and_the_reason(start, tree, address, reason):
    program = start_indexer(start, tree, address)

    program.wait_for_line("^Indexing ")
    assert program.stderr() == f"indexer: metrics: {reason}\n"
    program.signal()
    program.wait_for_line(SUMMARY)


def test_it_serves_on_ipv6(start, tree):
    if not has_ipv6():
        pytest.skip("no IPv6 here")
    program = start_indexer(start, tree, "[::1]:0")
    program.wait_for_line(r"^Serving metrics on http://\[::1\]:\d+/metrics$")

    with web.Client(program.port, host="::1") as client:
        assert pages.parse(client.get())
    with pytest.raises(ConnectionRefusedError):
        web.get(program.port)  # and on nothing else


def test_it_serves_on_a_unix_socket(start, tree, tmp_path):
    path = tmp_path / "metrics.sock"
    program = start_indexer(start, tree, f"unix:{path}")
    program.wait_for_line(f"^Serving metrics on unix:{path}$")

    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--compressed",
         "--unix-socket", path, "http://localhost/metrics"],
        capture_output=True, check=False, timeout=web.PATIENCE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"# TYPE indexer_files_total counter\n" in done.stdout
    assert stat.S_ISSOCK(path.stat().st_mode)

    program.signal()
    assert not path.exists()
