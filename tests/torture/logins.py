# SPDX-License-Identifier: MIT
"""T18: who guesses passwords learns nothing, comes in never, and delays nobody who is known."""
import base64
import random
import re
import statistics
import subprocess
import time

from routes import Client
from scenario import BUILD, Honest, Skip, Watch, library_cpu_seconds, scenario
from secure import CHEAP, basic

COST_10 = "$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"  # of nothing known
COST_6 = COST_10.replace("$10$", "$06$")
GUESSERS = 50
KNOWN = basic("bob:wonderland")


def serve(run, **users):
    """The port of a server with those users, and bob, whose password is known."""
    config = run.folder / "web.yml"
    users = {"bob": CHEAP, **users}
    config.write_text("basic_auth_users:\n" + "".join(
        f"  {name}: {password}\n" for name, password in users.items()))
    return run.start("e2e-secure", "127.0.0.1:0", config)


def authorization(*values):
    return b"".join(b"Authorization: %s\r\n" % value.encode("latin-1") for value in values)


def timed_login(client, name, number):
    begin = time.monotonic()
    status, _, _ = client.ask(b"/-/healthy", more=authorization(basic(f"{name}:{number}")))
    assert status == 401, status
    return time.monotonic() - begin


@scenario("T18", "How long a refusal takes does not tell whether there is such a user", in_short=False)
def login_times(run):
    client = Client(serve(run, alice=COST_6, bob=COST_6).port)
    seconds = {"alice": [], "mallet": []}
    for number in range(2000):  # in pairs, for what else is going on to hit both alike
        for name in sorted(seconds, reverse=number % 2):
            seconds[name].append(timed_login(client, name, number))
    client.close()
    known, unknown = map(statistics.median, seconds.values())
    apart = statistics.median(a - b for a, b in zip(*seconds.values()))
    run.check("how much longer one takes than the other, median of the pairs", abs(apart) / unknown * 100,
              "<", 2, "%", timed=True)
    run.figure("median of a known user", known * 1000, "ms")
    run.figure("median of an unknown user", unknown * 1000, "ms")
    run.figure("samples of each", len(seconds["alice"]))


@scenario("T18b", "50 guessers of passwords take a core at most, and a known scraper does not wait")
def guessers(run):
    server = serve(run, alice=COST_10)
    honest = Honest(server.port, headers={"Authorization": KNOWN})
    honest.scrape()
    seconds = run.pick(3, 30)
    attackers = run.attack("guess", server.port, seconds + 1, GUESSERS)
    watch, cpu, begin = Watch(server), library_cpu_seconds(server), time.monotonic()
    honest.scrape_for(seconds, 0.05, watch)
    cpu = (library_cpu_seconds(server) - cpu) / (time.monotonic() - begin)
    seen = run.result_of(attackers)

    run.check("honest scrapes answered", honest.answered * 100, ">=", 100, "%", timed=True, short=50)
    run.check("their 99th percentile", honest.quantile_ms(0.99), "<", 500, "ms", timed=True)
    run.check("CPU of the library", cpu, "<=", 1, "cores", timed=True)
    run.check("memory beside that at rest", watch.grown_bytes / 1024, "<=", 4096, "KiB")
    run.check("guesses that came in", seen.get("200", 0), "==", 0)
    run.check("guesses that were told that they are wrong", seen.get("401", 0), ">", 0)
    run.figure("guesses that were told to come back later", seen.get("429", 0))
    run.figure("guesses without an answer", seen.get("", 0))
    run.figure("honest scrapes", honest.asked)
    run.figure("their median", honest.quantile_ms(0.5), "ms")


def nonsense(count):
    """What is no credential, or not bob's: [the values of its Authorization headers]."""
    chance = random.Random(18)
    good = KNOWN.split()[1]
    yield from ([basic(text)] for text in [
        "", ":", "::", "bob", "bob:", ":wonderland", "bob::wonderland", "bob:wonderland:",
        "bob:wonderland\0", "bob\0:wonderland", "bob:wonder\0land", "bob:Wonderland", " bob:wonderland",
        "bob:wonderland\n", "bob :wonderland", "Bob:wonderland", "bob:" + CHEAP, "bob:" + "x" * 256,
        "bob:" + "x" * 257, "bob:" + "x" * 5000, "bob:" + "x" * 100_000, "x" * 257 + ":wonderland",
        "bob:wonderland" + "x" * 100_000, "\xff:\xfe", "bob:\xff", "b\u0251b:wonderland"])
    yield from ([text] for text in [
        "", "Basic", "Basic ", "Basic  " + good, "Basic\t" + good, "Basic=" + good, good, good + "=",
        "Basic " + good[:-1], "Basic " + good + "=", "Basic " + good + "A", "Basic !" + good,
        "Basic " + good + ", Basic " + good, "Bearer " + good, "Digest " + good, "BasicX " + good,
        "Basic " + good + " x", 'Basic realm="x", ' + good, "Negotiate " + good, "Basic " + "A" * 100_000])
    yield from [[KNOWN, KNOWN], [KNOWN, ""], ["", KNOWN], [KNOWN, basic("bob:x")], [KNOWN] * 60]
    for _ in range(count):
        data = chance.randbytes(chance.randrange(200))
        yield ["Basic " + base64.b64encode(data).decode()]
        yield ["Basic bob:" + "".join(map(chr, chance.choices(range(33, 256), k=20)))]


@scenario("T18c", "A credential of any size or form but the right one is refused, and costs no more than others")
def credentials(run):
    server = serve(run)
    client, watch = Client(server.port), Watch(server)
    statuses = {}
    for values in nonsense(run.pick(100, 5000)):
        status, _, _ = client.ask(b"/metrics", more=authorization(*values))
        statuses.setdefault(status, []).append(repr(values)[:100])
        watch.look()
    right, _, _ = client.ask(b"/metrics", more=authorization(KNOWN))
    client.close()
    count = sum(map(len, statuses.values()))
    other = [f"{status}: {one}" for status in statuses.keys() - {400, 401, 431}
             for one in statuses[status]]
    run.check("answered otherwise than by 400, 401 or, as too large, 431", len(other), "==", 0,
              items=other[:20])
    run.check("the right one afterwards", right, "==", 200)
    run.check("memory beside that at rest", watch.grown_bytes / 1024, "<=", 2048, "KiB")
    run.figure("credentials", count)
    for status, those in sorted(statuses.items()):
        run.figure(f"of these {status}", len(those))


@scenario("T18d", "No guess is taken for the password that is known")
def cached_passwords(run):
    """In the program of the unit test, where a guess takes a microsecond."""
    program = BUILD / "tests/transport-auth-test"
    if not program.exists():
        raise Skip("that test is not built: it needs libyaml, libcrypt and GnuTLS")
    done = subprocess.run([program, str(run.pick(100_000, 1_000_000))], capture_output=True,
                          text=True, timeout=600, check=False)
    tried = re.search(r"guesses=(\d+) hashed=(\d+)", done.stdout + done.stderr)
    lines = [line for line in done.stderr.splitlines() if "FAIL" in line or "ERROR" in line]
    run.check("tests of it that failed", int(done.returncode != 0), "==", 0, items=lines)
    run.check("guesses", int(tried[1]) if tried else 0, ">=", run.pick(100_000, 1_000_000))
