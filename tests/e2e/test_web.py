# SPDX-License-Identifier: MIT
"""HTTPS and passwords as a web configuration file has them, to real clients of TLS and HTTP."""
import gzip
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest

import web
from programs import NO_PROXY
from secure import CHEAP, SERVER_TLS, USERS, Secure, basic, make_keys, openssl
from test_long import values_of
from test_prometheus import run_prometheus

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    make_keys(folder)
    return folder


@pytest.fixture
def secure(start, tmp_path, keys):
    return lambda config, **options: Secure(start, tmp_path, keys, config, **options)


def s_client(server, *arguments, text=""):
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", *arguments], input=text,
        capture_output=True, text=True, timeout=web.PATIENCE, env=NO_PROXY, check=False)


# ---- Versions and ciphers ----

@pytest.mark.parametrize("version,works", [
    ("-tls1", False), ("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
def test_tls_1_2_is_the_least(secure, version, works):
    server = secure(SERVER_TLS)

    # Else the client itself refuses the old versions.
    result = s_client(server, version, "-cipher", "ALL:@SECLEVEL=0")

    assert (result.returncode == 0) == works, result.stderr
    assert ("Cipher is (NONE)" in result.stdout) == (not works)


def test_a_configuration_can_ask_for_tls_1_3_alone(secure):
    server = secure(SERVER_TLS + "  min_version: TLS13\n")

    assert server.scrape() == 200
    assert server.scrape(maximum=ssl.TLSVersion.TLSv1_2) is None


def test_only_the_ciphers_and_curves_that_are_listed_are_offered(secure):
    server = secure(SERVER_TLS
                    + "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n"
                    + "  max_version: TLS12\n  curve_preferences: [CurveP384]\n")

    good = s_client(server, "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384", "-curves", "X25519:P-256:P-384")
    assert "ECDH, secp384r1" in good.stdout
    assert "Cipher is ECDHE-ECDSA-AES256-GCM-SHA384" in good.stdout
    other_cipher = s_client(server, "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")
    assert "Cipher is (NONE)" in other_cipher.stdout
    other_curve = s_client(server, "-curves", "X25519:P-256")
    assert "Cipher is (NONE)" in other_curve.stdout


@pytest.mark.parametrize("renegotiates", [True, False])
def test_who_renegotiates_gets_no_answer(secure, tmp_path, renegotiates):
    server = secure(SERVER_TLS)
    log = tmp_path / "log"

    with open(log, "wb") as output, subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_2", "-crlf"],
            stdin=subprocess.PIPE, stdout=output, stderr=output, env=NO_PROXY) as client:
        try:
            web.wait_until(lambda: b"Cipher is ECDHE" in log.read_bytes(), "a handshake")
            if renegotiates:
                client.stdin.write(b"R\n")
                client.stdin.flush()
                web.wait_until(lambda: b"RENEGOTIATING" in log.read_bytes(), "another")
            client.stdin.write(REQUEST.replace(b"\r", b""))
            client.stdin.flush()
        except BrokenPipeError:
            pass
        client.wait(web.PATIENCE)
        client.stdin = None
    assert (b"HTTP/1.1 200 OK" in log.read_bytes()) == (not renegotiates)
    assert b"Secure Renegotiation IS supported" in log.read_bytes()
    assert b"Compression: NONE" in log.read_bytes()
    assert server.scrape() == 200


def test_nobody_resumes(secure):
    server = secure(SERVER_TLS)

    for version in ("-tls1_2", "-tls1_3"):
        assert "Reused" not in s_client(server, version, "-reconnect").stdout


def test_plain_http_is_not_answered_where_https_is(secure):
    server = secure(SERVER_TLS)

    with socket.create_connection(("127.0.0.1", server.port), web.PATIENCE) as plain:
        plain.sendall(REQUEST)
        try:
            assert b"HTTP" not in plain.recv(65536)
        except ConnectionError:
            pass
    assert server.scrape() == 200


def test_half_handshakes_keep_nobody_out(secure):
    server = secure(SERVER_TLS)
    connections = []

    for i in range(200):
        connection = socket.create_connection(("127.0.0.1", server.port), web.PATIENCE)
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[:i % 12])
        connections.append(connection)
        if i % 20 == 0:
            assert server.scrape() == 200
    assert server.scrape() == 200
    connections[-1].settimeout(web.PATIENCE)
    assert connections[-1].recv(1) == b"", "its time was never up"
    for connection in connections:
        connection.close()


# ---- Client certificates ----

CLIENTS = ("none", "client", "stranger", "expired", "misused", "nameless")
CA = "  client_ca_file: ca.pem\n"


@pytest.mark.parametrize("options,let_in", [
    ("", CLIENTS),
    ("  client_auth_type: RequestClientCert\n", CLIENTS),
    ("  client_auth_type: RequireAnyClientCert\n", CLIENTS[1:]),
    (CA + "  client_auth_type: VerifyClientCertIfGiven\n", ("none", "client", "nameless")),
    (CA + "  client_auth_type: RequireAndVerifyClientCert\n", ("client", "nameless")),
    *((CA + f"  client_auth_type: RequireAndVerifyClientCert\n  client_allowed_sans: [{san}]\n",
       let_in) for san, let_in in [
           ("scraper.example", ("client",)),
           ("192.0.2.1", ("client",)),
           ("'2001:DB8:0::1'", ("client",)),
           ("'spiffe://example/scraper'", ("client",)),
           ("scraper@example.org", ("client",)),
           ("nobody, scraper.example", ("client",)),
           ("SCRAPER.example", ()),
           ("example", ()),
           ("192.0.2.2", ()),
           ("client", ()),  # its CN
       ]),
], ids=lambda value: value.replace("client_", "").strip() if isinstance(value, str) else "")
def test_a_client_needs_the_certificate_that_is_demanded(secure, options, let_in):
    server = secure(SERVER_TLS + options)

    for maximum in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for cert in CLIENTS:
            status = server.scrape(cert=None if cert == "none" else cert, maximum=maximum)
            assert status == (200 if cert in let_in else None), (cert, maximum)


# ---- Change while it runs ----

def test_certificates_are_rotated_without_a_failed_scrape(secure, keys):
    server = secure(SERVER_TLS)
    statuses, stop = [], threading.Event()

    def scrape():
        while not stop.is_set():
            statuses.append(server.scrape())

    scrapers = [threading.Thread(target=scrape) for _ in range(3)]
    old = server.client()
    old.request("GET", "/metrics")
    assert old.getresponse().read()
    before = server.serial()
    for scraper in scrapers:
        scraper.start()
    try:
        for name in ("server-1", "server-2", "server"):
            server.rotate(name)
            wanted = openssl("x509", "-in", f"{name}.pem", "-noout", "-serial",
                             folder=keys).stdout.strip().split("=")[1]
            web.wait_until(lambda: server.serial() == wanted, f"the certificate {name}")
    finally:
        stop.set()
        for scraper in scrapers:
            scraper.join()
    assert server.serial() == before
    assert len(statuses) > 3 and set(statuses) == {200}
    # who was there before all of this goes on with the same connection
    old.request("GET", "/metrics")
    assert old.getresponse().status == 200
    assert server.error() == "well"


@pytest.mark.parametrize("name,content,problem", [
    ("web.yml", "tls_server_config:\n  cert: [\n", r"web\.yml:2:9: cert is a list"),
    ("web.yml", USERS, r"web\.yml: TLS cannot be turned on or off"),
    ("server.key", "garbage\n", r'web\.yml:3:13: key_file ".*server\.key": '),
    ("server.pem", "", r'web\.yml:2:14: cert_file ".*server\.pem": '),
])
def test_a_bad_change_keeps_the_old_and_is_counted(secure, name, content, problem):
    server = secure(SERVER_TLS)
    good = (server.folder / name).read_bytes()
    assert server.reloads() == {"success": 0, "failure": 0}

    server.replace(name, content)
    web.wait_until(lambda: server.reloads() == {"success": 0, "failure": 1}, "a failure")
    assert re.search(problem, server.error())
    assert server.scrape() == 200

    server.replace(name, good)
    web.wait_until(lambda: server.reloads()["success"] == 1, "a success")
    assert server.error() == "well"


@pytest.mark.parametrize("config,problem", [
    (USERS.replace(CHEAP, "s3cret"), "web.yml:2:10: basic_auth_users: the password of a user is "
                                     "not a bcrypt hash"),
    ("tls_server_config: {cert_file: no.pem, key_file: server.key}\n", "web.yml:1:32: cert_file"),
])
def test_a_program_with_a_bad_file_says_what_and_where(start, tmp_path, config, problem):
    (tmp_path / "web.yml").write_text(config)
    program = start("e2e-secure", "127.0.0.1:0", tmp_path / "web.yml")

    assert program.process.wait(web.PATIENCE) != 0
    assert problem in program.stderr()
    assert "s3cret" not in program.stderr() + program.stdout()


# ---- Passwords ----

class Plain(web.Client):
    def ask(self, *authorizations, target="/metrics"):
        self.connection.putrequest("GET", target)
        for value in authorizations:
            self.connection.putheader("Authorization", value)
        self.connection.endheaders()
        return web.Answer(self.connection.getresponse())


def test_every_path_needs_the_password(secure):
    server = secure(USERS + "http_server_config: {headers: {X-Frame-Options: deny}}\n")

    with Plain(server.port) as client:
        for target in ("/metrics", "/", "/-/healthy", "/-/ready", "/nothing"):
            answer = client.ask(target=target)
            assert (answer.status, answer.body) == (401, b"Unauthorized.\n")
            assert answer.header("WWW-Authenticate") == "Basic"
            assert answer.header("X-Frame-Options") == "deny"
            assert client.ask(basic("alice:wonderland"), target=target).status == (
                404 if target == "/nothing" else 200)


def test_what_is_wrong_with_a_password_is_401_and_two_are_400(secure):
    server = secure(USERS)

    with Plain(server.port) as client:
        for wrong in ("alice:wonder", "alice:", ":", "bob:wonderland", "alice:wonderland:",
                      "alice:" + "x" * 256, "alice:" + "x" * 3000, f"alice:{CHEAP}", "a\0b:c"):
            assert client.ask(basic(wrong)).status == 401
        for malformed in ("Basic", "Basic !", "Bearer abc", "Basic YWxpY2U="):
            assert client.ask(malformed).status == 401
    with Plain(server.port) as client:
        assert client.ask(basic("alice:wonderland"), basic("alice:wonderland")).status == 400
    with Plain(server.port) as client:
        assert client.ask(basic("alice:" + "x" * 100000)).status in (401, 431)


def test_who_is_known_comes_in_while_others_guess(secure, keys):
    cost_10 = "$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"  # of nothing known
    server = secure(USERS + f"  slow: {cost_10}\n")
    stop, seen = threading.Event(), set()

    def guess(number):
        while not stop.is_set():
            with Plain(server.port) as client:
                seen.add(client.ask(basic(f"slow:{number}-{time.monotonic()}")).status)

    with Plain(server.port) as client:
        assert client.ask(basic("alice:wonderland")).status == 200
    guessers = [threading.Thread(target=guess, args=(i,)) for i in range(12)]
    for guesser in guessers:
        guesser.start()
    try:
        web.wait_until(lambda: seen >= {401, 429}, "guesses that wait, and some too many")
        for _ in range(50):
            with Plain(server.port) as client:
                assert client.ask(basic("alice:wonderland")).status == 200
    finally:
        stop.set()
        for guesser in guessers:
            guesser.join()
    assert seen == {401, 429}


def test_a_new_password_takes_the_place_of_the_old(secure):
    server = secure("")

    def status(*authorization):
        with Plain(server.port) as client:
            return client.ask(*authorization).status

    assert status() == 200
    server.replace("web.yml", USERS)
    web.wait_until(lambda: status() == 401, "passwords in force")
    assert status(basic("alice:wonderland")) == 200
    server.replace("web.yml", USERS.replace("alice", "bob"))
    web.wait_until(lambda: status(basic("alice:wonderland")) == 401, "alice to be out")
    assert status(basic("bob:wonderland")) == 200


def test_more_requests_than_the_rate_allows_are_429(secure):
    server = secure("rate_limit: {interval: 1h, burst: 3}\n")

    with Plain(server.port) as client:
        statuses = [client.ask(target="/-/healthy").status for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]


def test_who_was_not_let_in_is_counted(secure):
    server = secure(USERS + "rate_limit: {interval: 1h, burst: 3}\n")

    with Plain(server.port) as client:
        assert client.ask().status == client.ask(basic("alice:")).status == 401
        page = client.ask(basic("alice:wonderland")).body
        assert client.ask(basic("alice:wonderland")).status == 429
    assert b'\npitot_http_requests_total{code="401"} 2\n' in page


# ---- Long pages ----

SERIES = 50000


@pytest.fixture
def long(secure):
    return lambda config: secure(config, program="e2e-long", arguments=(SERIES,))


def test_a_long_page_is_complete_over_https_in_each_coding(long):
    server = long(SERVER_TLS + USERS + "http_server_config: {headers: {X-Frame-Options: deny}}\n")
    expected = {i: i for i in range(SERIES)}
    client = server.client()

    for _ in range(2):  # on one connection, the second time from the cache
        for encoding in ("identity", "gzip"):
            client.request("GET", "/metrics", headers={
                "Accept-Encoding": encoding, "Authorization": basic("alice:wonderland")})
            answer = client.getresponse()
            body = answer.read()
            assert answer.status == 200
            assert answer.getheader("Transfer-Encoding") == "chunked"
            assert answer.getheader("X-Frame-Options") == "deny"
            assert values_of(gzip.decompress(body) if encoding == "gzip" else body) == expected
    client.request("HEAD", "/metrics", headers={"Authorization": basic("alice:wonderland")})
    answer = client.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    assert answer.getheader("X-Frame-Options") == "deny"
    client.close()


def test_who_reads_too_slowly_over_https_is_cut_and_sees_that_it_was(long):
    server = long(SERVER_TLS)

    def is_cut():
        client = server.client()
        client.request("GET", "/metrics?name[]=pitot_http_connections_cut")
        page = client.getresponse().read()
        client.close()
        return b'pitot_http_connections_cut_total{reason="slow"} 1\n' in page

    plain = web.connect(server.port, receive_buffer=4096)
    slow = server.context().wrap_socket(plain, server_hostname="127.0.0.1")
    slow.sendall(REQUEST)
    web.wait_until(is_cut, "the end of a slow reader")
    with socket.socket(fileno=slow.detach()) as below:  # OpenSSL takes a reset for an end
        with pytest.raises(ConnectionResetError):
            while below.recv(65536):
                pass


# ---- Prometheus ----

def test_prometheus_scrapes_with_a_password_and_a_certificate(
        secure, start_for_module, keys, tmp_path_factory):
    server = secure(SERVER_TLS + CA + "  client_auth_type: RequireAndVerifyClientCert\n"
                    "  client_allowed_sans: [scraper.example]\n" + USERS)
    job = {"job_name": "secure", "scheme": "https", "basic_auth": {
        "username": "alice", "password": "wonderland"}, "tls_config": {
            "ca_file": str(keys / "ca.pem"), "cert_file": str(keys / "client.pem"),
            "key_file": str(keys / "client.key")},
           "static_configs": [{"targets": [f"127.0.0.1:{server.port}"]}]}
    prometheus = run_prometheus(start_for_module, tmp_path_factory.mktemp("prometheus"), [job])

    web.wait_until(lambda: prometheus.scrape_after(0, "secure"), "a good scrape")
