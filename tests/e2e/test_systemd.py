# SPDX-License-Identifier: MIT
"""A program that a service manager starts: with its sockets, and waiting to hear that it is ready."""
import os
import pathlib
import shutil
import socket
import sys

import pytest

import web

ACTIVATE = [sys.executable, str(pathlib.Path(__file__).with_name("activate"))]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_indexer(start, tree, address, prefix):
    return start("indexer", "--web.listen-address", address, tree, prefix=prefix)


@pytest.mark.parametrize("address,names", [
    ("systemd", ["metrics"]), ("systemd:metrics", ["other", "metrics"])])
def test_it_serves_on_a_socket_that_was_opened_for_it(start, tree, address, names):
    ports = {name: free_port() for name in names}
    sockets = [f"{name}={port}" for name, port in ports.items()]
    program = start_indexer(start, tree, address, [*ACTIVATE, *sockets, "--"])

    assert program.port == ports["metrics"]
    assert web.get(program.port).status == 200
    program.signal()


def test_a_unix_socket_that_was_opened_for_it_stays_when_it_ends(start, tree, tmp_path):
    path = tmp_path / "metrics.sock"
    program = start_indexer(start, tree, "systemd", [*ACTIVATE, f"metrics={path}", "--"])

    program.wait_for_line(f"^Serving metrics on unix:{path}$")
    program.signal()
    assert path.exists()


def test_systemd_itself_can_activate_it(start, tree):
    activate = shutil.which("systemd-socket-activate")
    if not activate:
        pytest.skip("no systemd-socket-activate here")
    port = free_port()
    start_indexer(start, tree, "systemd", [activate, "--listen", f"127.0.0.1:{port}"])

    def answers():
        try:
            return web.get(port).status == 200
        except OSError:
            return False
    web.wait_until(answers, "a page from the activated program")


@pytest.mark.parametrize("address,prefix,message", [
    ("systemd", [], 'listen "systemd": LISTEN_PID is not set; start the program from a .socket unit, '
     'or write an address such as "127.0.0.1:9464"'),
    ("systemd", ["env", "LISTEN_PID=1", "LISTEN_FDS=1"], 'listen "systemd": LISTEN_PID is "1" and '
     "this process is PID; a shell or wrapper in between must exec the program"),
    ("systemd", [*ACTIVATE, "a=0", "b=0", "--"], 'listen "systemd": LISTEN_FDS is 2; write '
     '"systemd:NAME" with the FileDescriptorName= of one'),
    ("systemd:c", [*ACTIVATE, "a=0", "b=0", "--"], 'listen "systemd:c": LISTEN_FDNAMES is "a:b"; '
     "set FileDescriptorName=c in the .socket unit"),
])
def test_what_is_wrong_with_the_sockets_is_said_with_its_fix(start, tree, address, prefix, message):
    program = start_indexer(start, tree, address, prefix)

    program.wait_for_line("^Indexing ")
    assert program.stderr() == f"indexer: metrics: {message.replace('PID;', f'{program.pid};')}\n"


@pytest.mark.parametrize("abstract", [False, True])
def test_the_manager_hears_that_it_is_ready_once_it_serves(start, tree, tmp_path, abstract):
    name = f"pitot-ready-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name if abstract else name)
        manager.settimeout(web.PATIENCE)
        program = start_indexer(
            start, tree, "127.0.0.1:0", ["env", f"NOTIFY_SOCKET={'@' if abstract else ''}{name}"])
        assert manager.recv(100) == b"READY=1"
        assert web.get(program.port).status == 200


@pytest.mark.parametrize("where", ["/nowhere/notify", "relative", "", "@" + "x" * 200])
def test_a_manager_that_cannot_be_told_stops_nothing(start, tree, where):
    program = start_indexer(start, tree, "127.0.0.1:0", ["env", f"NOTIFY_SOCKET={where}"])

    assert web.get(program.port).status == 200
    assert program.stderr() == ""
