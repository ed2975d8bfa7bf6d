# SPDX-License-Identifier: MIT
"""T17: old versions of TLS, handshakes that stay half, and certificates that change, or are garbage."""
import socket
import ssl
import subprocess
import threading
import time

from scenario import Honest, Watch, scenario, web
from secure import SERVER_TLS, Secure, make_server_keys, openssl

CONNECTIONS_MAX = 64  # the server's default
CONNECTION_BYTES = 96 * 1024  # of one connection, its session of TLS included


def serve(run, *names):
    """A server by HTTPS, and a scraper of it."""
    keys, folder = run.folder / "keys", run.folder / "server"
    keys.mkdir()
    folder.mkdir()
    make_server_keys(keys, *names)
    server = Secure(run.start, folder, keys, SERVER_TLS)
    return server, Honest(server.port, context=server.context())


def speaks(server, *arguments):
    """Whether a client that would speak any version gets through with that one."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-cipher",
                           "ALL:@SECLEVEL=0", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=web.PATIENCE, check=False)
    return done.returncode == 0 and b"Cipher is (NONE)" not in done.stdout


def first_flight():
    """What a client says first."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        ssl.create_default_context().wrap_bio(into, out, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def begin_handshake(port, hello, size):
    connection = socket.create_connection(("127.0.0.1", port), web.PATIENCE)
    connection.sendall(hello[:size])
    return connection


@scenario("T17", "No version below TLS 1.2 is spoken, and 200 half handshakes keep nobody out")
def handshakes(run):
    server, honest = serve(run)
    old = [version for version in ("-tls1", "-tls1_1") if speaks(server, version)]
    new = [version for version in ("-tls1_2", "-tls1_3") if not speaks(server, version)]
    honest.scrape()
    watch, hello = Watch(server.program), first_flight()
    stop = threading.Event()

    def besiege():
        """200 at once, each from no byte to all of what a client says first, again and again."""
        sizes = [i * len(hello) // 199 for i in range(200)]
        while not stop.is_set():
            held = []
            for size in sizes:
                try:
                    held.append(begin_handshake(server.port, hello, size))
                except OSError:
                    pass  # thrown out already
            stop.wait(6)  # the deadline is 5 s
            for connection in held:
                connection.close()

    besieger = threading.Thread(target=besiege)
    besieger.start()
    try:
        honest.scrape_for(run.pick(3, 30), 0.1, watch)
    finally:
        stop.set()
        besieger.join()
    run.check("versions below 1.2 that are spoken", len(old), "==", 0, items=old)
    run.check("of 1.2 and 1.3, not spoken", len(new), "==", 0, items=new)
    run.check("honest scrapes answered", honest.answered * 100, ">=", 99, "%", timed=True, short=50)
    run.check("their 99th percentile", honest.quantile_ms(0.99), "<", 500, "ms", timed=True)
    run.check("fds beside those at rest", watch.fds - watch.fds_before, "<=", 2 * CONNECTIONS_MAX + 10)
    run.check("memory beside that at rest", watch.grown_bytes / 1024, "<=",
              CONNECTIONS_MAX * CONNECTION_BYTES / 1024 + 1024, "KiB")
    run.figure("honest scrapes", honest.asked)
    run.figure("their median", honest.quantile_ms(0.5), "ms")


def serial_of(folder, name):
    out = openssl("x509", "-in", f"{name}.pem", "-noout", "-serial", folder=folder).stdout
    return out.strip().split("=")[1]


def change_and_wait(server, name, content, result):
    """Puts a file in the place of another, and waits until a reload went so."""
    before = server.reloads()[result]
    server.replace(name, content)
    web.wait_until(lambda: server.reloads()[result] == before + 1, f"a {result} with {name}")


@scenario("T17b", "Certificates are rotated under load without a failed scrape, and garbage changes nothing")
def rotation(run):
    names = ["server-1", "server-2", "server"]
    server, _ = serve(run, *names[:2])
    scrapers = [Honest(server.port, patience=30, context=server.context()) for _ in range(4)]
    serials = {name: serial_of(server.keys, name) for name in names}
    stop, wrong, garbage = threading.Event(), [], 0

    def scrape(one):
        while not stop.is_set():
            one.scrape()

    threads = [threading.Thread(target=scrape, args=(one,)) for one in scrapers]
    for thread in threads:
        thread.start()
    begin = time.monotonic()
    try:
        for turn in range(run.pick(1, 10)):
            name = names[turn % 3]
            server.rotate(name)
            web.wait_until(lambda: server.serial() == serials[name], f"the certificate {name}")
            key, cert = ((server.folder / f"server.{end}").read_bytes() for end in ("key", "pem"))
            for file, good, bad in [("server.key", key, b"garbage\n"), ("server.key", key, key[:-60]),
                                    ("server.pem", cert, b"")][:run.pick(1, 3)]:
                change_and_wait(server, file, bad, "failure")
                garbage += 1
                if server.serial() != serials[name] or file not in server.error():
                    wrong.append(f"{file} is {bad[:20]!r}: {server.error()}")
                change_and_wait(server, file, good, "success")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    asked = sum(one.asked for one in scrapers)
    run.check("scrapes that failed", asked - sum(len(one.seconds) for one in scrapers), "==", 0)
    run.check("bad files that were not counted, or changed the certificate", len(wrong), "==", 0, items=wrong)
    run.check("scrapes", asked, ">", 10)
    run.figure("certificates that were garbage", garbage)
    run.figure("seconds", time.monotonic() - begin)
