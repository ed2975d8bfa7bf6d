# SPDX-License-Identifier: MIT
"""T20: web configuration files that are bad: what is said, what stays in force, and what is not said."""
import concurrent.futures
import base64
import random
import re

from protocol import sanitized
from routes import ROUTES, Client
from scenario import ROOT, Honest, scenario, web
from secure import CHEAP, basic, make_server_keys, reloads_on, replace_file, said_about

FILES = ROOT / "tests/web-config"
SERVERS = 8  # at once: each looks at its file once in a second
GOOD = (f"basic_auth_users:\n  alice: {CHEAP}\n"
        "http_server_config:\n  headers: {X-Frame-Options: deny}\n")
KNOWN, GUESS = "alice:wonderland", "alice:Zq7x-guess"
FORMATS = ["text/plain", "application/openmetrics-text", "text/html",
           "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"]
# Parts of what is in the files of FILES, of passwords, and of what became of them.
SECRETS = [b"s3cret", b"hunter2", b"abcdefghijkl", CHEAP[7:20].encode(), b"wonderland", b"Zq7x-guess",
           *(base64.b64encode(text.encode())[:16] for text in (KNOWN, GUESS))]


def bad_files():
    """{name: what is said about it}."""
    lines = (FILES / "bad/index").read_text().splitlines()
    said = {line.split(":")[0]: line for line in lines}
    assert sorted(said) == sorted(path.name for path in (FILES / "bad").glob("*.yml"))
    return said


class Reloaded:
    """A server that is given bad files while it serves."""

    def __init__(self, run, number):
        self.file = run.folder / f"{number}.yml"
        replace_file(self.file, GOOD)
        self.program = run.start("e2e-secure", "127.0.0.1:0", self.file)
        self.honest = Honest(self.program.port, headers={"Authorization": basic(KNOWN)})
        self.failures, self.heard = 0, b""

    def has_failed(self):
        assert self.honest.scrape(), "a scrape failed"
        return reloads_on(self.honest.last) == {"success": 0, "failure": self.failures}

    def take(self, name, said):
        """What is wrong after it was given that file; None when all is well."""
        replace_file(self.file, (FILES / "bad" / name).read_bytes())
        self.failures += 1
        web.wait_until(self.has_failed, f"a failed reload of {name}")
        wanted = said.replace(name, str(self.file), 1)[:150]
        if not (error := said_about(self.program)).startswith(wanted):
            return f"{name}: said {error!r}"
        client = Client(self.program.port)
        answers = [client.ask(target, more=f"Accept: {accept}\r\n{login}".encode())
                   for target in [*ROUTES, b"/nowhere"] for accept in FORMATS
                   for login in ("", *(f"Authorization: {basic(one)}\r\n" for one in (KNOWN, GUESS)))]
        client.close()
        self.heard += b"".join(head + body for _, head, body in answers)
        # Nobody, who is known and who guesses, in turn; the last are about /nowhere
        wanted = [401, 200, 401] * len(FORMATS) * len(ROUTES) + [401, 404, 401] * len(FORMATS)
        if [status for status, _, _ in answers] != wanted:
            return f"{name}: other people are let in"
        if not all(b"x-frame-options: deny" in head.lower() for _, head, _ in answers):
            return f"{name}: the headers are others"
        return None


def refusal_at_start(run, name):
    """What a program says that is started with that file; None if it goes on."""
    program = run.start("e2e-secure", "127.0.0.1:0", name, cwd=FILES / "bad")
    run.programs.remove(program)  # for it ends badly, by itself
    code = program.process.wait(web.PATIENCE)
    program.kill()
    return program.stderr() if code else None


def found_in(text):
    return [secret.decode() for secret in SECRETS if secret in text]


@scenario("T20", "A bad configuration is refused with its place; the old one stays in force; no secret is told")
def bad_configurations(run):
    said = bad_files()
    names = sorted(said)[::run.pick(30, 1)]
    heard = {name: refusal_at_start(run, name) for name in names}
    silent = [f"{name}: {text}" for name, text in heard.items() if said[name] not in (text or "")]
    servers = [Reloaded(run, number) for number in range(run.pick(2, SERVERS))]

    def take_in_turn(number):
        return [servers[number].take(name, said[name]) for name in names[number::len(servers)]]

    with concurrent.futures.ThreadPoolExecutor(len(servers)) as workers:
        taken = [one for turn in workers.map(take_in_turn, range(len(servers))) for one in turn]
    changed = [one for one in taken if one]
    told = found_in("".join(text or "" for text in heard.values()).encode() + b"".join(
        server.heard + (server.program.stdout() + server.program.stderr()).encode()
        for server in servers))

    run.check("files made by hand", len(said), ">=", 60)
    run.check("not refused at the start, with file, line and column", len(silent), "==", 0, items=silent)
    run.check("taken at a reload, or not refused as they should", len(changed), "==", 0, items=changed)
    run.check("secrets in all that was said meanwhile", len(told), "==", 0, items=told)
    run.figure("reloads", len(taken))
    run.figure("read in search of secrets", sum(len(server.heard) for server in servers) / 1e3, "kB")


# ---- Nearly good ones ----

WORDS = [b":", b": ", b"- ", b"\n", b"\n  ", b"{", b"}", b"[", b"]", b"'", b'"', b"#", b"|", b">", b"&a ",
         b"*a", b"!!str ", b"? ", b"---\n", b"...\n", b"%", b"@", b"\t", b"\0", b"\xff", b"\xef\xbb\xbf",
         b"null", b"true", b"~", b"<<: ", b"-1", b"1e9", b"\\", b"a" * 5000]


def mutate(chance, seeds):
    """A good file with one to four things wrong. (Some are good nevertheless.)"""
    data = chance.choice(seeds)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(data))
        to = min(len(data), at + chance.choice([1, 1, 2, 5, 20]))
        data = chance.choice([
            lambda: data[:at] + chance.randbytes(1) + data[at + 1:],
            lambda: data[:at] + data[to:],
            lambda: data[:at] + chance.choice(WORDS) + data[at:],
            lambda: data[:to] + data[at:],
            lambda: data[:at] + chance.choice(seeds)[at:],
            lambda: b"\n".join(chance.sample(lines := data.split(b"\n"), len(lines))),
        ])()
    return data


def seeds_in(folder):
    """The good files, with all that they name, and one that has its key inside."""
    make_server_keys(folder)
    for source, name in [("server.pem", "a.pem"), ("server.key", "a.key")]:
        (folder / name).write_bytes((folder / source).read_bytes())
    inside = "".join(f"  {word}: |\n" + re.sub("^", "    ", (folder / name).read_text(), flags=re.M).rstrip()
                     + "\n" for word, name in [("cert", "a.pem"), ("key", "a.key")])
    return [f"tls_server_config:\n{inside}".encode(),
            *(path.read_bytes() for path in sorted((FILES / "good").glob("*.yml")))]


@scenario("T20b", "Whatever became of a good configuration, it is taken, or refused with its place")
def mutated_configurations(run):
    seeds = seeds_in(run.folder)
    key = (run.folder / "a.key").read_text().splitlines()[1:-1]
    secrets = {line[i:i + 10] for line in [*key, "abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"]
               for i in range(len(line) - 9)}
    reader = run.start("torture-config", build=sanitized(), cwd=run.folder)
    chance, count = random.Random(20), run.pick(300, 50000)
    for number, data in enumerate([*seeds, *(mutate(chance, seeds) for _ in range(count))]):
        (run.folder / f"mutant-{number}.yml").write_bytes(data)
        reader.say(f"mutant-{number}.yml\n".encode())
    reader.end_input()
    code = reader.process.wait(600)

    lines = reader.stdout().splitlines()
    taken, refused = lines.count("taken"), len(lines) - lines.count("taken")
    odd = [line for number, line in enumerate(lines)
           if line != "taken" and not re.match(rf"mutant-{number}\.yml:\d+:\d+: .", line)]
    told = [line for line in lines if any(secret in line for secret in secrets)]
    run.check("good files that are taken", lines[:len(seeds)].count("taken"), ">=", len(seeds) - 2)
    run.check("without an answer", len(seeds) + count - len(lines) + int(code != 0), "==", 0)
    run.check("refused without file, line and column", len(odd), "==", 0, items=odd[:20])
    run.check("of whose secrets something is told", len(told), "==", 0, items=told[:20])
    run.figure("taken", taken)
    run.figure("refused", refused)
    run.figure("with sanitizers (1) or without (0)", int("dev" in str(sanitized())))
