# SPDX-License-Identifier: MIT
"""Fixtures: the command `pitot` of build/release (or $PITOT_BUILD), and a server to point it at."""
import gzip
import http.server
import pathlib
import ssl
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from programs import BUILD, NO_PROXY, Program, fixed_addresses, program  # noqa: E402

PATIENCE = 60  # seconds


class Result:
    """How a run of the command ended."""

    def __init__(self, finished):
        self.status = finished.returncode
        self.out_bytes = finished.stdout
        self.out = finished.stdout.decode(errors="replace")
        self.err = finished.stderr.decode(errors="replace")
        self.lines = self.out.splitlines()

    def __repr__(self):
        return f"status {self.status}\n{self.out[:2000]}\n{self.err[:2000]}"


@pytest.fixture
def pitot(tmp_path):
    """Runs the command in an empty folder; dicts of {file name: content} come first."""
    def run(*arguments, files=None, stdin=b"", patience=PATIENCE):
        for name, content in (files or {}).items():
            data = content.encode() if isinstance(content, str) else content
            (tmp_path / name).write_bytes(data)
        command = [*fixed_addresses(BUILD), program("pitot"), *map(str, arguments)]
        finished = subprocess.run(
            command, cwd=tmp_path, capture_output=True, timeout=patience, check=False,
            env=NO_PROXY, input=stdin.encode() if isinstance(stdin, str) else stdin)
        result = Result(finished)
        assert "Sanitizer" not in result.err, result
        assert result.status >= 0, result
        return result
    return run


class Site:
    """What an HTTP server answers, and what it was asked."""

    def __init__(self):
        self.status = 200
        self.headers = {"Content-Type": "text/plain; version=0.0.4"}
        self.body = b"up 1\n"
        self.delay = threading.Event()
        self.slow = False
        self.requests = []
        self.port = 0
        self.server = None

    def serve(self, body, content_type="text/plain; version=0.0.4", status=200, **headers):
        self.body = body.encode() if isinstance(body, str) else body
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type:
            self.headers["Content-Type"] = content_type

    def gzip(self):
        self.body = gzip.compress(self.body)
        self.headers["Content-Encoding"] = "gzip"

    def secure(self, folder):
        """From here on it speaks TLS; returns the certificate to trust."""
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-keyout", key, "-out", certificate, "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        return certificate

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"


@pytest.fixture
def site():
    answers = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            answers.requests.append((self.path, dict(self.headers.items())))
            if answers.slow:
                answers.delay.wait(PATIENCE)
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", "/metrics")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(answers.status)
            for name, value in answers.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answers.body)))
            self.end_headers()
            try:
                self.wfile.write(answers.body)
            except ConnectionError:
                pass

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answers.port = server.server_address[1]
    answers.server = server
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield answers
    answers.delay.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def indexer(tmp_path):
    """The example, serving: all of it real."""
    folder = tmp_path / "indexer"
    tree = tmp_path / "tree"
    folder.mkdir()
    tree.mkdir()
    for i in range(20):
        (tree / f"text-{i}").write_text(f"one two three {i}")
    command = [program("indexer"), "--web.listen-address", "127.0.0.1:0", "--passes", "1", str(tree)]
    started = Program(command, folder, prefix=fixed_addresses(BUILD))
    yield started
    started.kill()
