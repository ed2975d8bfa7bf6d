# SPDX-License-Identifier: MIT
"""A server with a web configuration, the certificates for it, and clients that it may let in."""
import base64
import http.client
import os
import re
import socket
import ssl
import subprocess

import web

SERVER_TLS = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
# Of "wonderland", at a cost that is cheap.
CHEAP = "$2y$04$2Dc57WvngcsJmOtfj.KXCOYpyy7BjSEhadLr7gHtKS.Gv0xHgg0EW"
USERS = f"basic_auth_users:\n  alice: {CHEAP}\n"


# ---- Certificates ----

def openssl(*arguments, folder, **options):
    return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True,
                          text=True, timeout=web.PATIENCE, **options)


def make_ca(folder, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
            folder=folder)


def make_cert(folder, name, ca="ca", san="IP:127.0.0.1", purpose="serverAuth", days=2, key="ec"):
    """NAME.pem and NAME.key, signed by a CA; with no `days` it has expired."""
    kind = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "rsa": ["rsa:2048"]}[key]
    openssl("req", "-newkey", *kind, "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.csr", folder=folder)
    (folder / "extensions").write_text(
        f"extendedKeyUsage={purpose}\n" + (f"subjectAltName={san}\n" if san else ""))
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key",
            "-CAcreateserial", "-extfile", "extensions", "-days", str(days), "-out",
            f"{name}.pem", folder=folder)


def make_server_keys(folder, *names):
    """Of one authority: its own, and those of `server` and the others."""
    make_ca(folder, "ca")
    for name in ("server", *names):
        make_cert(folder, name)


def make_keys(folder):
    """Of servers, and of clients that are to be let in, or not."""
    make_server_keys(folder, "server-1", "server-2")
    make_ca(folder, "other-ca")
    make_cert(folder, "server-rsa", key="rsa")
    make_cert(folder, "client", purpose="clientAuth", san="DNS:scraper.example,IP:192.0.2.1,"
              "IP:2001:db8::1,URI:spiffe://example/scraper,email:scraper@example.org")
    make_cert(folder, "stranger", purpose="clientAuth", ca="other-ca", san="DNS:scraper.example")
    make_cert(folder, "expired", purpose="clientAuth", days=-1, san="DNS:scraper.example")
    make_cert(folder, "misused", purpose="serverAuth", san="DNS:scraper.example")
    make_cert(folder, "nameless", purpose="clientAuth", san=None)


# ---- The server ----

def reloads_on(page):
    """How many reloads of the configuration went well, and how many did not."""
    return {result: int(value) for result, value in re.findall(
        r'^pitot_http_config_reloads_total\{result="(\w+)"\} (\d+)$', page.decode(), re.M)}


def replace_file(path, content):
    """As one should: a whole new file in the place of the old."""
    new = path.with_name(path.name + ".new")
    new.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.replace(new, path)


def said_about(program):
    """What e2e-secure says about its last reload."""
    lines = program.stdout().count("\n")
    program.say(b"?\n")
    web.wait_until(lambda: program.stdout().count("\n") > lines, "an answer")
    return program.stdout().splitlines()[-1]


class Secure:
    """The program e2e-secure, or another one, with a configuration, in a folder of its own."""

    def __init__(self, start, folder, keys, config, program="e2e-secure", arguments=()):
        self.folder = folder
        for name in ("server.pem", "server.key", "ca.pem"):
            (folder / name).write_bytes((keys / name).read_bytes())
        self.keys = keys
        self.replace("web.yml", config)
        self.program = start(program, "127.0.0.1:0", *arguments, folder / "web.yml")
        self.port = int(self.program.wait_for_line(
            r"^Serving metrics on https?://.*:(\d+)/metrics\n")[1])

    def replace(self, name, content):
        replace_file(self.folder / name, content)

    def rotate(self, name):
        self.replace("server.key", (self.keys / f"{name}.key").read_bytes())
        self.replace("server.pem", (self.keys / f"{name}.pem").read_bytes())

    def error(self):
        return said_about(self.program)

    def context(self, cert=None, maximum=None):
        context = ssl.create_default_context(cafile=self.keys / "ca.pem")
        if cert:
            context.load_cert_chain(self.keys / f"{cert}.pem", self.keys / f"{cert}.key")
        if maximum:
            context.maximum_version = maximum
        return context

    def client(self, **options):
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=web.PATIENCE, context=self.context(**options))

    def scrape(self, **options):
        """The status of a whole page; None when the handshake, on either side, failed."""
        client = self.client(**options)
        try:
            client.request("GET", "/metrics")
            answer = client.getresponse()
            answer.read()
            return answer.status
        except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
            return None
        finally:
            client.close()

    def serial(self):
        with socket.create_connection(("127.0.0.1", self.port), web.PATIENCE) as plain:
            with self.context().wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                return secure.getpeercert()["serialNumber"]

    def reloads(self):
        client = self.client()
        client.request("GET", "/metrics")
        text = client.getresponse().read()
        client.close()
        return reloads_on(text)


def basic(credential):
    return "Basic " + base64.b64encode(credential.encode()).decode()
