# SPDX-License-Identifier: MIT
"""A real Prometheus scrapes whole programs, and is asked what it has got."""
import http.client
import http.server
import json
import re
import socket
import threading
import time
import urllib.parse

import pytest

import pages
import web
from programs import PROMETHEUS

PASSES = 3
# What Prometheus adds to each scrape.
OWN = ("up", "scrape_duration_seconds", "scrape_samples_scraped",
       "scrape_samples_post_metric_relabeling", "scrape_series_added")
# What moves on in a program at rest. The one like electrs never rests.
LIVE = pages.UNSTEADY + ("daemon_", "electrs_", "tip_height")


class TextOnly(http.server.BaseHTTPRequestHandler):
    """A proxy for a scraper that knows the text format alone: Prometheus 2.42 always asks for
    OpenMetrics first, and no setting changes that."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        try:
            answer = web.get(url.port, url.path, accept=web.TEXT,
                             encoding=self.headers["Accept-Encoding"])
        except (OSError, http.client.HTTPException) as error:
            self.send_error(502, str(error))
            return
        self.send_response(answer.status)
        for name in ("Content-Type", "Content-Encoding"):
            if answer.header(name):
                self.send_header(name, answer.header(name))
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_):
        pass


class Prometheus:
    def __init__(self, program, port):
        self.program = program
        self.port = port

    def ask(self, path, **query):
        answer = web.get(self.port, f"/api/v1/{path}?{urllib.parse.urlencode(query)}")
        document = json.loads(answer.body)
        assert document["status"] == "success", document
        return document["data"]

    def is_ready(self):
        try:
            return web.get(self.port, "/-/ready").status == 200
        except OSError:
            return False

    def scrape_after(self, moment, job):
        """When the first good scrape after a moment began; None when there was none yet."""
        result = self.ask("query", query=f'up{{job="{job}"}}[1m]')["result"]
        for at, up in result[0]["values"] if result else []:
            if at > moment + 0.01 and up == "1":  # it may date a scrape back by 2 ms
                return at
        return None

    def samples(self, job, at):
        """All the numbers it has got from the scrape that began then."""
        result = self.ask("query", query=f'{{job="{job}"}}[2s]', time=f"{at:.3f}")["result"]
        samples = {}
        for series in result:
            labels = series["metric"]
            name = labels.pop("__name__")
            del labels["job"], labels["instance"]
            for moment, value in series.get("values", []):  # native histograms have others
                if moment == at:
                    samples[pages.key_of(name, labels)] = float(value)
        return samples


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run_prometheus(start, folder, jobs, flags=()):
    """Another program may take the port before Prometheus does: then it gets another one."""
    config = folder / "prometheus.yml"  # YAML includes JSON
    config.write_text(json.dumps({
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": jobs,
    }))
    for attempt in range(3):
        port = free_port()
        program = start(PROMETHEUS, f"--config.file={config}",
                        f"--storage.tsdb.path={folder / str(attempt)}",
                        f"--web.listen-address=127.0.0.1:{port}",
                        f"--web.console.templates={folder}", f"--web.console.libraries={folder}",
                        *flags)
        prometheus = Prometheus(program, port)
        web.wait_until(lambda: not program.is_running() or prometheus.is_ready(), "Prometheus")
        if program.is_running():
            return prometheus
    raise AssertionError("Prometheus does not start")


@pytest.fixture(scope="module")
def text_proxy():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TextOnly)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def programs(start_for_module, tree):
    """Three programs to scrape. The indexer has come to rest."""
    started = {
        "indexer": start_for_module("indexer", "--web.listen-address", "127.0.0.1:0",
                                    "--passes", PASSES, tree),
        "electrs_metrics": start_for_module("electrs_metrics", "127.0.0.1:0"),
        "strange": start_for_module("e2e-strange", "127.0.0.1:0"),
    }
    port = started["indexer"].port
    web.wait_until(
        lambda: f"indexer_index_height {PASSES}\n".encode() in web.get(port).body, "all passes")
    return started


@pytest.fixture(scope="module")
def prometheus(start_for_module, programs, text_proxy, tmp_path_factory):
    jobs = []
    for name, program in programs.items():
        targets = [{"targets": [f"127.0.0.1:{program.port}"]}]
        jobs.append({"job_name": f"{name}-openmetrics", "static_configs": targets})
        jobs.append({"job_name": f"{name}-text", "static_configs": targets,
                     "proxy_url": text_proxy})
    return run_prometheus(start_for_module, tmp_path_factory.mktemp("prometheus"), jobs)


def scrape_between(prometheus, program, job, accept):
    """(page before, samples of a scrape, page after), and the counters of the page."""
    before = pages.parse(web.get(program.port, accept=accept))
    asked = time.time()
    at = web.wait_until(lambda: prometheus.scrape_after(asked, job), f"a scrape of {job}")
    after = pages.parse(web.get(program.port, accept=accept))
    return (pages.samples_of(before), prometheus.samples(job, at), pages.samples_of(after),
            pages.counters_of(before))


@pytest.mark.parametrize(
    "form,accept", [("openmetrics", web.OPENMETRICS), ("text", web.TEXT)],
    ids=["openmetrics", "text"])
@pytest.mark.parametrize("name", ["indexer", "electrs_metrics", "strange"])
def test_prometheus_reads_back_every_value_of(prometheus, programs, name, form, accept):
    before, got, after, counters = scrape_between(
        prometheus, programs[name], f"{name}-{form}", accept)

    own = {key: got.pop(key) for key in list(got) if key[0] in OWN}
    assert not got.keys() ^ before.keys()
    assert not got.keys() ^ after.keys()
    assert pages.value_of(own, "up") == 1
    assert pages.value_of(own, "scrape_samples_scraped") == len(before)
    for key, value in got.items():
        if key[0] == "pitot_http_connections":
            continue  # one of them may be the one that asks
        if pages.same(before[key], after[key]):
            assert pages.same(value, before[key]), key
        else:
            assert key[0].startswith(LIVE), f"{key} has to rest"
            if key[0] in counters:
                assert before[key] <= value <= after[key], key


def test_each_format_is_scraped_as_itself(prometheus, programs):
    """Prometheus learns units from OpenMetrics only."""
    units = {}
    for form in ("openmetrics", "text"):
        job = f"indexer-{form}"
        asked = time.time()
        web.wait_until(lambda: prometheus.scrape_after(asked, job), f"a scrape of {job}")
        (target,) = prometheus.ask("targets/metadata", match_target=f'{{job="{job}"}}',
                                   metric="indexer_step_duration_seconds")
        assert target["type"] == "histogram"
        units[form] = target["unit"]

    assert units == {"openmetrics": "seconds", "text": ""}


def test_prometheus_has_nothing_to_complain_about(prometheus, programs):
    asked = time.time()
    for name in programs:
        for form in ("openmetrics", "text"):
            web.wait_until(lambda: prometheus.scrape_after(asked, f"{name}-{form}"), name)

    log = prometheus.program.stderr()
    assert not re.findall(r"^.*(?:append failed|Error on|out of order|[Dd]uplicate).*$", log, re.M)


def test_the_last_line_of_the_indexer_says_what_prometheus_has_stored(prometheus, programs, tree):
    indexer = programs["indexer"]
    job = "indexer-openmetrics"
    asked = time.time()
    at = web.wait_until(lambda: prometheus.scrape_after(asked, job), f"a scrape of {job}")
    stored = prometheus.samples(job, at)
    indexer.signal()

    words, skipped, failed = map(int, indexer.wait_for_line(
        r"^indexer: (\d+) words in the index, (\d+) files skipped, (\d+) failed$").groups())
    files, size, passes = map(int, indexer.wait_for_line(
        r"^indexer: files=(\d+) bytes=(\d+) passes=(\d+)\n\Z").groups())
    texts = [path for path in tree.rglob("text-*")]
    assert (files, skipped, failed, passes) == (PASSES * len(texts), PASSES * 5, 0, PASSES)
    assert size == PASSES * sum(path.stat().st_size for path in texts)
    assert pages.value_of(stored, "indexer_files_total", result="indexed") == files
    assert pages.value_of(stored, "indexer_files_total", result="skipped") == skipped
    assert pages.value_of(stored, "indexer_files_total", result="failed") == failed
    assert pages.value_of(stored, "indexer_bytes_total", result="indexed") == size
    assert pages.value_of(stored, "indexer_index_words") == words
    assert pages.value_of(stored, "indexer_index_height") == passes
