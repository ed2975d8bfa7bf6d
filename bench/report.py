# SPDX-License-Identifier: MIT
"""report.py -- from lines of measurements to figures, bars, tables, docs/BENCHMARKS.md and its plots.

A pure function of the results of one run and of the description of its machine: bench/run measures.
"""
import math
import os
import re
import statistics
import subprocess
import time
from typing import NamedTuple, Optional

IMPLS = ["pitot", "pitot-fallback", "plain_add", "lock_xadd", "cas_double", "memcpy", "zlib6",
         "rust-prometheus", "client_golang", "victoriametrics", "prometheus-cpp"]
PEERS = IMPLS[IMPLS.index("rust-prometheus"):]
# They have to be seen on a light page and on a dark one.
COLORS = {"pitot": "#e8590c", "pitot-fallback": "#f2a477", "plain_add": "#adb5bd",
          "lock_xadd": "#868e96", "cas_double": "#868e96", "memcpy": "#868e96", "zlib6": "#868e96",
          "rust-prometheus": "#8f6fd6", "client_golang": "#2b8ce6", "victoriametrics": "#2b9a66",
          "prometheus-cpp": "#b8860b"}
UNITS = {"ns": "ns", "us": "µs", "bytes": "bytes", "mb_s": "MB/s", "ratio": "of idle"}
BIGGER_IS_BETTER = {"mb_s", "ratio"}
WHAT = {
    "counter_inc": "add 1 to a counter",
    "counter_add_double": "add a double to a counter",
    "gauge_set": "set a gauge to a double",
    "histogram_observe_11": "observe, 11 bounds (the defaults)",
    "exemplars_off_observe": "the same, exemplars enabled but not given",
    "histogram_observe_32": "observe, 32 bounds",
    "histogram_observe_128": "observe, 128 bounds",
    "histogram_observe_vmrange": "observe, bounds of the library's own choice",
    "native_observe": "observe, native histogram, factor 1.1",
    "exemplar_observe": "observe, 11 bounds, with an exemplar",
    "summary_observe": "observe, summary with quantiles",
    "timer": "start a timer, stop it, observe the time",
    "lookup2_inc": "find a child by 2 label values, add 1",
    "lookup3_inc": "find a child by 3 label values, add 1",
    "lookup_literal_inc": "find a child by 2 literals, add 1",
    "create_series": "create a counter with 3 labels (1,000,000 times)",
    "memory_per_series": "memory of each of them",
    "memory_per_series_128cpus": "the same, written from 128 simulated CPUs",
    "parse_text": "parse 4 MB of text",
    "scrape_text": "scrape as text, per series",
    "render_text": "the same without the snapshot",
    "scrape_openmetrics": "scrape as OpenMetrics, per series",
    "scrape_proto": "scrape as protobuf, per series",
    "scrape_gzip": "scrape as text with gzip, per series",
    "scrape_histogram_text": "scrape histograms of 14 lines as text, per series",
    "scrape_http": "whole HTTP scrape over loopback, per series",
    "scrape_http_gzip": "the same with gzip",
    "scrape_http_gzip_unchanged": "the same with gzip, when nothing has changed",
    "http_keepalive_1000": "HTTP scrape of 1,000 series, connection kept, median",
    "scrape_memory": "memory that an HTTP scrape of 1,000,000 series adds",
    "scrape_memory_first": "the same, when all are new",
    "scrape_memory_growth": "growth of the peak over 1,000 scrapes of 10,000 series",
    "recording_while_scraping": "counter_inc while the other CPU scrapes 1,000,000 series",
}


class Key(NamedTuple):
    op: str
    threads: int
    impl: str
    series: Optional[int]


class Figure(NamedTuple):
    value: float
    unit: str
    rounds: int


def figures(lines):
    """{Key: Figure} of the lines that the programs printed.

    Of times the shortest of all rounds counts, for everybody: the machine can only add to what the
    code costs, and on a shared one it adds half, for minutes. Of all else it is the median.
    """
    of_rounds = {"ns": min, "us": min, "mb_s": max}
    values = {}
    for line in lines:
        unit = next(u for u in UNITS if u in line)
        key = Key(line["op"], line["threads"], line["impl"], line.get("series"))
        values.setdefault(key, (unit, []))[1].append(line[unit])
    return {key: Figure(of_rounds.get(unit, statistics.median)(v), unit, len(v))
            for key, (unit, v) in values.items()}


# ---- bars ----

def bar_limits(bar, table):
    """What the left side is held against: [(impl, value)], empty when something was not measured."""
    if "right" not in bar:
        return [("", 1.0)]
    op, threads, impl, *series = bar["right"]
    found = [(i, table.get(Key(op, threads, i, series[0] if series else None)))
             for i in (PEERS if impl == "peers" else [impl])]
    return [(i, m.value) for i, m in found if m]


def check_bars(bars, table):
    """Adds to each bar: measured, limit, unit, holds (None when it cannot be told)."""
    checked = []
    for bar in bars:
        op, threads, impl, *series = bar["left"]
        left = table.get(Key(op, threads, impl, series[0] if series else None))
        limits = bar_limits(bar, table)
        result = dict(bar, measured=left.value if left else None, limit=None, holds=None,
                      unit=left.unit if left else "")
        if "max" in bar and limits:
            against, lowest = min(limits, key=lambda pair: pair[1])
            result["limit"] = bar["max"] * lowest + bar.get("plus", 0)
            result["against"] = against
            if left:
                result["holds"] = left.value <= result["limit"]
        elif "min" in bar and limits:
            against, highest = max(limits, key=lambda pair: pair[1])
            result["limit"] = bar["min"] * highest
            result["against"] = against
            if left:
                result["holds"] = left.value >= result["limit"]
        checked.append(result)
    return checked


# ---- tables ----

def number(v):
    if v >= 99.95:
        return f"{v:,.0f}"
    return f"{v:.1f}" if v >= 9.995 else f"{v:.2f}"


def rows(table):
    """[(op, threads, series, {impl: Figure})] in the order of WHAT, then of threads and series."""
    order = {op: i for i, op in enumerate(WHAT)}
    groups = {}
    for key, figure in table.items():
        groups.setdefault((key.op, key.threads, key.series), {})[key.impl] = figure
    keys = sorted(groups, key=lambda k: (order.get(k[0], len(order)), k[0], k[1], k[2] or 0))
    return [(*key, groups[key]) for key in keys]


def ratio(cells, impl):
    """How many times better Pitot does than `impl`, or None."""
    if impl == "pitot" or "pitot" not in cells or not cells[impl].value:
        return None
    pitot, other = cells["pitot"].value, cells[impl].value
    if not pitot:
        return None
    return pitot / other if cells[impl].unit in BIGGER_IS_BETTER else other / pitot


def cell_text(cells, impl, bold=""):
    if impl not in cells:
        return ""
    value, times = number(cells[impl].value), ratio(cells, impl)
    if impl == "pitot":
        return f"{bold}{value}{bold}"
    return value + (f" ({number(times)}×)" if times else "")


def raw_impl(cells):
    """The primitive to show beside the libraries."""
    return next((i for i in ("lock_xadd", "cas_double", "memcpy", "zlib6") if i in cells), None)


def table_cells(table, bold=""):
    """Header and body of the one table that both the terminal and the page show."""
    libraries = [i for i in IMPLS if i in {k.impl for k in table} and (i.startswith("pitot") or i in PEERS)]
    header = ["operation", "threads", "unit", *libraries, "primitive"]
    body = []
    for op, threads, series, cells in rows(table):
        raw = raw_impl(cells)
        unit = UNITS[next(iter(cells.values())).unit]
        name = op + (f", {series:,} series" if series else "")
        body.append([name, str(threads), unit, *(cell_text(cells, i, bold) for i in libraries),
                     f"{raw} {cell_text(cells, raw)}" if raw else ""])
    return header, body


def text_table(table):
    header, body = table_cells(table)
    widths = [max(len(row[i]) for row in [header, *body]) for i in range(len(header))]

    def line(row):
        first = row[0].ljust(widths[0])
        return "  ".join([first, *(c.rjust(w) for c, w in zip(row[1:], widths[1:]))]).rstrip()
    return "\n".join(["", line(header), *(line(row) for row in body), ""])


def markdown_table(header, body):
    align = ["---", *("--:" for _ in header[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, align, *body])


BAR_WORDS = {True: "holds", False: "MISSED", None: "not measured"}


def bar_cells(bars):
    body = []
    for bar in bars:
        sign = "≥" if "min" in bar else "≤"
        unit = UNITS.get(bar["unit"], "")
        body.append([bar["bar"], number(bar["measured"]) if bar["measured"] is not None else "",
                     f"{sign} {number(bar['limit'])}" if bar["limit"] is not None else "", unit,
                     BAR_WORDS[bar["holds"]]])
    return ["bar", "measured", "allowed", "unit", "result"], body


def text_bars(bars):
    known = [bar for bar in bars if bar["holds"] is not None]
    if not known:
        return "No bar could be checked: there are no results of Pitot's."
    _, body = bar_cells(known)
    width = max(len(row[0]) for row in body)
    lines = [f"{row[4]:7} {row[0]:{width}} {row[1]:>12}  allowed {row[2]:>12} {row[3]}" for row in body]
    skipped = len(bars) - len(known)
    if skipped:
        lines.append(f"{skipped} bars not measured")
    return "\n".join(lines)


# ---- the machine ----

def output_of(*command):
    """First line of what a command prints, or an empty string."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except OSError:
        return ""
    return done.stdout.strip().split("\n")[0] if done.returncode == 0 else ""


def describe_machine(packages_file, begin, rounds, elapsed_s):
    """What docs/BENCHMARKS.md says about where, when and with what it was measured."""
    cpuinfo = open("/proc/cpuinfo").read()
    model = re.search(r"model name\s*: (.*)", cpuinfo)
    release = re.search(r'PRETTY_NAME="(.*)"', open("/etc/os-release").read())
    versions = {}
    for package in packages_file.read_text().split():
        version = output_of("dpkg-query", "-W", "-f", "${Version}", package)
        if version:
            versions[package] = version
    rustc = "/usr/bin/rustc" if os.access("/usr/bin/rustc", os.X_OK) else "rustc"
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(begin)),
        "rounds": rounds,
        "elapsed_s": round(elapsed_s),
        "cpu": f"{model.group(1) if model else os.uname().machine}, {os.cpu_count()} CPUs",
        "system": f"{release.group(1) if release else 'Linux'}, Linux {os.uname().release}, "
                  f"{output_of('getconf', 'GNU_LIBC_VERSION')}",
        "compilers": ", ".join(v for v in (output_of("cc", "--version"), output_of("go", "version"),
                                           output_of(rustc, "--version")) if v),
        "commit": output_of("git", "-C", str(packages_file.parent), "describe", "--always", "--dirty"),
        "packages": versions,
    }


# ---- plots ----

SVG_STYLE = """<style>
text { font: 12px system-ui, "DejaVu Sans", sans-serif; fill: #343a40 }
.title { font-weight: 600; font-size: 16px } .head { font-weight: 600 }
.small { font-size: 10.5px; fill: #666c74 } .grid { stroke: #e3e6ea } .page { fill: #fff }
@media (prefers-color-scheme: dark) {
text { fill: #dee2e6 } .small { fill: #a6acb3 } .grid { stroke: #30363d } .page { fill: #0d1117 }
}
</style>"""


def svg_page(width, height, parts):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">', SVG_STYLE,
        f'<rect width="{width}" height="{height}" class="page"/>', *parts, "</svg>", ""])


def svg_text(x, y, text, cls="", anchor="start"):
    escaped = str(text).replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{cls}" text-anchor="{anchor}">{escaped}</text>'


def power_text(n):
    """10^n nanoseconds."""
    return f"{10 ** n:g} ns" if n < 3 else f"{10 ** (n - 3):g} µs"


class LogAxis:
    """Places a value between two powers of ten on a stretch of pixels."""

    def __init__(self, values, start, length):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.start, self.length = start, length

    def at(self, value):
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * self.length

    def powers(self):
        return range(self.low, self.high + 1)


def svg_panel(groups, x, top, axis_values, threads):
    """One column of bars: groups are [(op, {impl: Figure})]. Returns (parts, y below)."""
    name_width, plot_width, bar = 112, 300, 13
    axis = LogAxis(axis_values, x + name_width, plot_width)
    parts, bars, y = [], [], top + 34
    for op, cells in groups:
        bars.append(svg_text(x, y + 11, WHAT.get(op, op), "head"))
        y += 18
        for impl in sorted(cells, key=lambda i: cells[i].value):
            value = cells[impl].value
            right = axis.at(value)
            bars.append(svg_text(x + name_width - 6, y + 10, impl, "small", "end"))
            bars.append(f'<rect x="{axis.start}" y="{y + 1}" width="{right - axis.start:.1f}" '
                        f'height="{bar - 2}" rx="2" fill="{COLORS.get(impl, "#999")}"/>')
            times = ratio(cells, impl)
            label = number(value) + (f"  ({number(times)}×)" if times else "")
            bars.append(svg_text(right + 4, y + 10, label, "small"))
            y += bar
        y += 12
    for n in axis.powers():
        at = axis.at(10 ** n)
        parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top + 24}" y2="{y}" class="grid"/>')
        parts.append(svg_text(at, top + 19, power_text(n), "small", "middle"))
    parts.append(svg_text(x, top, f"{threads} thread" if threads == 1 else
                          f"{threads} threads on the same metric", "head"))
    return parts + bars, y


def svg_bars(table):
    """Recording, nanoseconds, on a logarithmic axis: one column per number of threads."""
    wanted = [row for row in rows(table) if row[2] is None and row[0] != "create_series"
              and all(m.unit == "ns" for m in row[3].values())]
    values = [m.value for row in wanted for m in row[3].values() if m.value > 0]
    parts, bottom, x = [svg_text(20, 28, "ns per operation and thread, lower is better (logarithmic)",
                                 "title")], 0, 20
    for threads in sorted({row[1] for row in wanted}):
        groups = [(row[0], row[3]) for row in wanted if row[1] == threads]
        panel, y = svg_panel(groups, x, 58, values, threads)
        parts += panel
        bottom, x = max(bottom, y), x + 112 + 300 + 110
    return svg_page(x, bottom + 12, parts)


# What is plotted of a scrape: operation, how its name goes on, dashes of its line.
GROWTH = [("scrape_text", "", "none"), ("scrape_gzip", ", gzip", "5 4")]


def growth_curves(table):
    """{(operation, impl): [(series, ns)]}, each by the number of series."""
    curves = {}
    for key, figure in sorted(table.items(), key=lambda item: item[0].series or 0):
        if key.series and key.op in [op for op, _, _ in GROWTH]:
            curves.setdefault((key.op, key.impl), []).append((key.series, figure.value))
    return curves


def svg_curve(line, color, dashes):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
    return [f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2" '
            f'stroke-dasharray="{dashes}"/>',
            *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in line)]


def apart(wanted, distance, lowest):
    """Places in the order wanted, at least so far apart, none below the lowest (y grows downwards)."""
    places, below = [], -math.inf
    for y in wanted:
        below = max(y, below + distance)
        places.append(below)
    limit = lowest
    for i in reversed(range(len(places))):
        places[i] = min(places[i], limit)
        limit = places[i] - distance
    return places


def svg_growth(table):
    """ns per series of a scrape over the number of series, both logarithmic."""
    curves = growth_curves(table)
    if not curves:
        return None
    points = [p for curve in curves.values() for p in curve]
    width, height, left, top, margin = 780, 520, 70, 60, 220
    across = LogAxis([p[0] for p in points], left, width - left - margin)
    up = LogAxis([p[1] for p in points], 0, height - top - 50)
    parts = [svg_text(20, 28, "Scrape: ns per series as the number of series grows", "title")]
    for n in up.powers():
        y = height - 50 - up.at(10 ** n)
        parts.append(f'<line x1="{left}" x2="{width - margin}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        parts.append(svg_text(left - 8, y + 4, power_text(n), "small", "end"))
    for n in across.powers():
        parts.append(svg_text(across.at(10 ** n), height - 30, f"{10 ** n:,}", "small", "middle"))
    ends = []
    for op, more, dashes in GROWTH:
        for impl in [i for i in IMPLS if (op, i) in curves]:
            curve = curves[op, impl]
            line = [(across.at(n), height - 50 - up.at(v)) for n, v in curve]
            color = COLORS[impl]
            parts += svg_curve(line, color, dashes)
            ends.append((line[-1][1], line[-1][0], color, f"{impl}{more} {number(curve[-1][1])}"))
    ends.sort()
    for (y, x, color, name), place in zip(ends, apart([end[0] for end in ends], 14, height - 50)):
        parts.append(f'<line x1="{x + 4:.1f}" y1="{y:.1f}" x2="{x + 20:.1f}" y2="{place:.1f}" '
                     f'stroke="{color}"/>')
        parts.append(svg_text(x + 24, place + 4, name, "small"))
    return svg_page(width, height, parts)


# ---- the page ----

PAGE = """# Benchmarks

Pitot, the libraries that Debian 12 ships, and the bare machine, measured by `make bench` in one run: every
operation on every program in turn, {rounds} rounds, of which the best counts for each (of bytes, the
median). This page is written by `make bench ARGS=--write`.

- **ns**: wall time of one operation as one thread sees it. With 2 threads both work on the same metric, each
  pinned to a CPU of its own. The peer's time divided by Pitot's stands in parentheses.
- **observe** cycles over 4096 values that hit every bucket equally often. **look-ups** cycle over 64 existing
  children, with strings that the compiler does not know.
- **series** have 3 labels and 64 bytes of label values, which are made in the loop that creates them. Memory
  is growth of the resident set; for Go it is taken after a collection and after free pages went back.
- **scrape**: from live metrics to bytes that are thrown away (rust-prometheus: into one buffer). Every series
  of Pitot's changes between two scrapes; the others keep nothing that would profit when it does not. Peers
  scrape 1,000,000 series {million_rounds}. `render_text` is Pitot's part after the snapshot.
- **scrape_histogram_text**: a series is 11 bounds, so 14 lines. **scrape_gzip**: Pitot's and client_golang's
  answer to an HTTP request, without the network; prometheus-cpp compresses in its server only.
- **scrape_http**: from the request to the last byte of the answer, with a client that reads and does nothing
  else, in the same process. prometheus-cpp is served by its Exposer, told to keep connections and not to delay
  packets. **scrape_memory**: what such a scrape adds to the resident set at its peak.
- **recording_while_scraping**: the speed of `counter_inc` on one CPU while the other one does nothing but
  scrape, as a part of its speed when that is idle; memcpy is the same with a neighbour that copies memory.
- **pitot-fallback** is Pitot without restartable sequences. **primitive** is the bare instruction or work:
  `lock xadd`, a compare-and-swap loop on a double, a copy of the finished text, zlib at level 6 on it.
- victoriametrics finds a metric by its whole text, put together per look-up; it has no settable gauge, so its
  float counter is set; its histogram has bounds of its own (`histogram_observe_vmrange`).
  prometheus-cpp has no timer: two clock readings and an observe.

{table}

![ns per operation](benchmarks.svg)
{growth}
## Bars

{bars}

## Where and when

| | |
|---|---|
| date | {date}, {elapsed_s} s |
| commit | {commit} |
| CPU | {cpu} |
| system | {system} |
| compilers | {compilers} |
| packages | {packages} |
"""


def write(docs, meta, table, bars):
    """docs/BENCHMARKS.md and the plots that it shows."""
    docs.mkdir(parents=True, exist_ok=True)
    growth = svg_growth(table)
    million = {m.rounds for k, m in table.items() if k.series == 1000000 and k.impl in PEERS}
    packages = ", ".join(f"{name} {version}" for name, version in meta.get("packages", {}).items())
    missing = "".join(f"; {name} was left out" for name in meta.get("missing", {}))
    page = PAGE.format(
        rounds=meta.get("rounds", "?"), table=markdown_table(*table_cells(table, bold="**")),
        bars=markdown_table(*bar_cells(bars)), packages=packages + missing,
        million_rounds="once" if million in (set(), {1}) else f"in {min(million)} rounds",
        growth="\n![Scrape: ns per series](benchmarks-scrape.svg)\n" if growth else "",
        **{k: meta.get(k, "?") for k in ("date", "elapsed_s", "commit", "cpu", "system", "compilers")})
    (docs / "BENCHMARKS.md").write_text(page)
    (docs / "benchmarks.svg").write_text(svg_bars(table))
    if growth:
        (docs / "benchmarks-scrape.svg").write_text(growth)
