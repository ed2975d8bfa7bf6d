# SPDX-License-Identifier: MIT
"""An HTTP client for one exporter: exactly the headers that a test asks for, and no more."""
import http.client
import socket
import time

TEXT = "text/plain;version=0.0.4"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"
PATIENCE = 30  # seconds for what ought to happen at once: the machine may be busy


def wait_until(condition, what, patience=PATIENCE):
    """The first result of condition() that is true. It is asked again and again until then."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience} s: {what}; at the end: {result!r}")
        time.sleep(0.02)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.getheaders()
        self.body = response.read()

    def header(self, name):
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) <= 1, self.headers
        return found[0] if found else None


class Client:
    """A connection that is kept from one request to the next."""

    def __init__(self, port, host="127.0.0.1"):
        self.connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)

    def get(self, target="/metrics", accept=None, encoding=None, method="GET"):
        self.connection.putrequest(method, target, skip_accept_encoding=True)
        if accept:
            self.connection.putheader("Accept", accept)
        if encoding:
            self.connection.putheader("Accept-Encoding", encoding)
        self.connection.endheaders()
        return Answer(self.connection.getresponse())

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def get(port, target="/metrics", **options):
    with Client(port) as client:
        return client.get(target, **options)


def connect(port, receive_buffer=None):
    """A bare connection, for who does not speak HTTP as one should."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(PATIENCE)
    connection.connect(("127.0.0.1", port))
    return connection


def read_to_end(connection):
    """What still comes; however the other side ends it."""
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionError:
        pass
    return received
