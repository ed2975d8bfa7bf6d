# SPDX-License-Identifier: MIT
"""T23: numbers of every class and bytes of every kind, through a program and out in three formats."""
import collections
import itertools
import math
import random
import re
import struct
import subprocess

import pages
import wire
from overload import is_valid
from programs import PROMETHEUS, PROMTOOL
from scenario import scenario, web
from test_prometheus import run_prometheus

LABEL_BYTES_MAX, CUT_MARK = 1024, "\u2026"
FAMILY_SERIES = 250000  # of values.c
LOCALE = "de_DE.UTF-8"
EDGES = [0.0, -0.0, math.inf, -math.inf, math.nan, -math.nan, 5e-324, -5e-324, 2.2250738585072009e-308,
         2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308, 0.1, 1 / 3, 1e-5, 1e-4,
         1e20, 1e21, 1e22, 1e23, 2.0 ** 53 - 1, 2.0 ** 53, 2.0 ** 53 + 2, 2.0 ** 63, 2.0 ** 64, 123456.5]
INTEGERS = [0, 1, 9, 10, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 1, 2 ** 63 - 1,
            2 ** 63, 2 ** 63 + 1, 2 ** 64 - 2, 2 ** 64 - 1, 10 ** 19, 10 ** 19 - 1]
# What no UTF-8 has, what has to be escaped, and what is taken for the end of a line somewhere.
PIECES = [b"", b"a", b"Zz9", b" ", b'"', b"\\", b"\n", b"\r", b"\r\n", b"\t", b"\0", b"\x1b", b"\x7f", b"\\n",
          b"{", b"}", b",", b"=", b"#", b"# EOF", b"\x85", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xef\xbf\xbe",
          b"\xc3\xbc", b"\xe2\x82\xac", b"\xf0\x9f\xa6\x80", b"\xe2\x80\xae", b"\xf4\x8f\xbf\xbf", b"\x80",
          b"\xbf", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xe0\x9f", b"\xed\xa0\x80", b"\xed\xbf\xbf",
          b"\xf0\x80\x80\xaf", b"\xf4\x90\x80\x80", b"\xf5", b"\xfe", b"\xff", b"\xe4\xb8", b"\xf0\x9f\xa6",
          b"\xf0\x9f", b"\xc3", b"<img src=x onerror=alert(1)>", b'"><script>']


def from_bits(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def near(chance, value):
    """A few representable steps from it."""
    bits = struct.unpack("<Q", struct.pack("<d", value))[0]
    return from_bits((bits + chance.randint(-3, 3)) % 2 ** 64)


def doubles(chance, count):
    kinds = [
        lambda: from_bits(chance.getrandbits(64)),
        lambda: from_bits(chance.getrandbits(52) >> chance.randrange(52) | chance.getrandbits(1) << 63),
        lambda: near(chance, math.ldexp(chance.choice([1.0, -1.0]), chance.randint(-1074, 1023))),
        lambda: near(chance, float(f"1e{chance.randint(-323, 308)}")),
        lambda: float(chance.getrandbits(64) >> chance.randrange(64)),
        lambda: near(chance, float(chance.randint(2 ** 53 - 1000, 2 ** 54))),
        lambda: float(f"{chance.randrange(10 ** 15) // 10 ** chance.randrange(15)}e{chance.randint(-330, 300)}"),
        lambda: round(chance.random() * 10 ** chance.randrange(9), chance.randrange(9)),
    ]
    return itertools.chain(EDGES, (kinds[i % len(kinds)]() for i in range(count - len(EDGES))))


def texts(chance, count):
    for i in range(count):
        if i % 4 == 0:
            yield chance.randbytes(chance.randrange(30))
        elif i % 50 == 1:  # cut, or nearly so
            yield (b"".join(chance.choices(PIECES, k=700)) + b"x" * 1100)[:chance.randint(1010, 1100)]
        else:
            yield b"".join(chance.choices(PIECES, k=chance.randrange(8)))


def shown(text):
    """What becomes of a label value."""
    cut = b""
    if len(text) > LABEL_BYTES_MAX:
        size = at = LABEL_BYTES_MAX - len(CUT_MARK.encode())
        while size > at - 4 and text[size] & 0xc0 == 0x80:
            size -= 1
        text, cut = text[:size], CUT_MARK.encode()
    return (text + cut).decode("utf-8", "replace").replace("\0", "\ufffd")


def is_utf8(text):
    try:
        return bool(text.decode("utf-8", "strict") or True)
    except UnicodeDecodeError:
        return False


class Given:
    """What the program is told, as a file, and what has to come of it."""

    def __init__(self, chance, path, counts):
        self.samples, self.helps, self.dropped = {}, {}, collections.Counter()
        with open(path, "wb") as file:
            def put(kind, data):
                file.write(struct.pack("<cI", kind, len(data)) + data)

            for i, value in enumerate(doubles(chance, counts["doubles"])):
                put(b"d", struct.pack("<d", value))
                self.samples[f"torture_double_{i // FAMILY_SERIES}", str(i)] = value
            for i, number in enumerate([*INTEGERS, *(chance.getrandbits(64) >> chance.randrange(64)
                                                     for _ in range(counts["integers"]))]):
                put(b"u", struct.pack("<Q", number))
                self.samples["torture_integers_total", str(i)] = number
            for i, value in enumerate(doubles(chance, counts["sums"])):
                put(b"a", struct.pack("<d", value))
                self.samples["torture_sums_total", str(i)] = self.sum_of(value)
            for i, text in enumerate(texts(chance, counts["texts"])):
                put(b"t", text)
                self.samples["torture_text", shown(text)] = float(i)
            for i, text in enumerate(texts(chance, counts["helps"])):
                text = b"." + text.replace(b"\0", b"")
                put(b"h", text)
                if is_utf8(text):
                    self.helps[f"torture_help_{i}"] = text.decode()
                    self.samples[f"torture_help_{i}", ""] = float(i)

    def sum_of(self, value):
        """A counter that was 0, after it was to go up by that."""
        if not math.isfinite(value):
            self.dropped["not_finite"] += 1
        elif value < 0:
            self.dropped["negative"] += 1
        else:
            return value + 0.0
        return 0.0


# ---- Three ways to read a page ----

LINE = re.compile(rb'^(torture_\w+)(?:\{\w+="((?:[^"\\\n]|\\[\\"n])*)"\})? (\S+)$', re.M)
HELP = re.compile(rb"^# HELP (torture_help_\d+) (.*)$", re.M)
ESCAPED = {b"\\\\": b"\\", b'\\"': b'"', b"\\n": b"\n"}


def unescaped(text):
    if b"\\" in text:
        text = re.sub(rb"\\.", lambda found: ESCAPED[found[0]], text)
    return text.decode("utf-8", "strict")


def number_of(name, text):
    """An integer is written with every digit."""
    return int(text) if name == b"torture_integers_total" else float(text)


def read_text(page):
    """Samples and help of what the program was told. A line that is odd is left out, and missed."""
    samples = {(name.decode(), unescaped(label)): number_of(name, value)
               for name, label, value in LINE.findall(page) if not name.endswith(b"_created")}
    return samples, {name.decode(): unescaped(text) for name, text in HELP.findall(page)}


def read_protobuf(page, family_class):
    samples, helps = {}, {}
    for family in map(family_class.FromString, wire.messages(page)):
        if not family.name.startswith("torture_"):
            continue
        if family.name.startswith("torture_help_"):
            helps[family.name] = family.help
        for metric in family.metric:
            value = metric.counter.value if metric.HasField("counter") else metric.gauge.value
            samples[family.name, metric.label[0].value if metric.label else ""] = value
    return samples, helps


def same(a, b):
    """To the last bit, but for what kind of NaN it is. An integer as far as a double goes."""
    if isinstance(a, float) or isinstance(b, float):
        a, b = float(a), float(b)
        return math.copysign(1, a) == math.copysign(1, b) if a == b else a != a and b != b
    return a == b


def differences(expected, got):
    return [f"{key}: {expected.get(key)!r}, not {got.get(key)!r}" for key in expected.keys() | got.keys()
            if key not in expected or key not in got or not same(expected[key], got[key])]


def make_locale(folder):
    """Of a country that writes 0,5: what precedes a program that is to have it."""
    subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", folder / LOCALE], capture_output=True,
                   check=False)  # it warns
    return ["env", f"LOCPATH={folder}", f"LC_ALL={LOCALE}"]


def check_with_other_parsers(run, given, bodies):
    """What the Python client makes of the pages of text, and whether promtool and pitot take them."""
    for name, answer in bodies.items():
        run.check(f"the command pitot finds something wrong in {name}", int(not is_valid(answer.body)),
                  "==", 0)
        if name == "protobuf":
            continue
        samples = {(sample.name, next(iter(sample.labels.values()), "")): sample.value
                   for family in pages.parse(answer) if family.name.startswith("torture_")
                   for sample in family.samples}
        odd = differences(given.samples, samples)
        run.check(f"samples that differ in {name}, for the Python client", len(odd), "==", 0,
                  items=odd[:20])
    if PROMTOOL.exists():
        done = subprocess.run([PROMTOOL, "check", "metrics"], input=bodies["text"].body,
                              capture_output=True, timeout=600, check=False)
        said = (done.stdout + done.stderr).decode(errors="replace").splitlines()
        run.check("what promtool finds wrong", len(said), "==", 0, items=said[:20])


def check_with_prometheus(run, given, port):
    """What a real one stores of the texts, and of what is in counters."""
    names = ["torture_text", "torture_integers_total", "torture_sums_total"]
    folder = run.folder / "prometheus"
    folder.mkdir()
    prometheus = run_prometheus(run.start, folder, [{
        "job_name": "values", "scrape_interval": "30s", "scrape_timeout": "30s",
        "params": {"name[]": names}, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}])
    at = web.wait_until(lambda: prometheus.scrape_after(0, "values"), "a good scrape", 120)
    stored = {(name, next(iter(labels))[1] if labels else ""): value
              for (name, labels), value in prometheus.samples("values", at).items() if name in names}
    odd = differences({key: value for key, value in given.samples.items() if key[0] in names}, stored)
    run.check("samples that differ in a Prometheus that scraped them", len(odd), "==", 0, items=odd[:20])
    run.figure("samples that it stored", len(stored))


@scenario("T23", "Every number and every text comes out as it went in, to the last bit, in each format")
def values(run):
    counts = {"doubles": run.pick(10000, 1_000_000), "integers": run.pick(1000, 20000),
              "sums": run.pick(1000, 20000), "texts": run.pick(2000, 100_000), "helps": run.pick(50, 5000)}
    given = Given(random.Random(23), run.folder / "values", counts)
    program = run.start("torture-values", run.folder / "values", prefix=make_locale(run.folder))
    comma = program.wait_for_line(r"^decimal point: (.)$")[1] == ","
    formats = {"text": web.TEXT, "OpenMetrics": web.OPENMETRICS, "protobuf": wire.CONTENT_TYPE}
    bodies = {name: web.get(program.port, accept=accept) for name, accept in formats.items()}
    run.check("the locale has a decimal comma", int(comma), "==", 1)
    for name, answer in bodies.items():
        samples, helps = (read_protobuf(answer.body, wire.family_class(run.folder))
                          if name == "protobuf" else read_text(answer.body))
        odd = differences(given.samples, samples)
        run.check(f"samples that differ in {name}", len(odd), "==", 0, items=odd[:20])
        odd = [key for key in given.helps.keys() | helps.keys() if given.helps.get(key) != helps.get(key)]
        run.check(f"help texts that differ in {name}", len(odd), "==", 0, items=odd[:20])
    drops = dict(re.findall(r'^pitot_dropped_total{reason="(not_finite|negative)"} (\d+)$',
                            bodies["text"].body.decode(), re.M))
    run.check("additions that were refused, less those counted",
              sum(given.dropped.values()) - sum(map(int, drops.values())), "==", 0)
    check_with_other_parsers(run, given, bodies)
    if run.long and PROMETHEUS.exists():
        check_with_prometheus(run, given, program.port)
    for name, count in counts.items():
        run.figure(name, count)
    run.figure("the three pages", sum(len(answer.body) for answer in bodies.values()) / 1e6, "MB")
