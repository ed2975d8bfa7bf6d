# SPDX-License-Identifier: MIT
"""A real Prometheus scrapes a program with a million series, and has got every one of them.

MILLION_SECONDS_MAX=0.15 also demands that Pitot's own share of a scrape is not above that; as this
depends on the machine, scripts/million asks it, and `make test` does not.
"""
import os
import pathlib
import re
import shutil

import pytest

import web
from test_prometheus import run_prometheus

COUNT = 1000000
SHARDS = 100
SHARE = "pitot_http_scrape_seconds"  # a histogram of Pitot's own part of each scrape
SECONDS_MAX = os.environ.get("MILLION_SECONDS_MAX")
MEMORY_NEEDED = 6 << 30
SCRAPED_EVERY = 15  # seconds; the first scrape comes somewhere in so long, the timeout is as much
PATIENCE = 240


def available_bytes():
    found = re.search(r"^MemAvailable:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text(), re.M)
    return int(found[1]) * 1024


@pytest.fixture
def million(start):
    if available_bytes() < MEMORY_NEEDED:
        pytest.skip(f"a Prometheus with a million series needs {MEMORY_NEEDED >> 30} GiB of memory")
    return start("e2e-million", "127.0.0.1:0", COUNT)


@pytest.fixture
def prometheus(start, million, tmp_path):
    job = {"job_name": "million", "static_configs": [{"targets": [f"127.0.0.1:{million.port}"]}],
           "scrape_interval": f"{SCRAPED_EVERY}s", "scrape_timeout": f"{SCRAPED_EVERY}s",
           "sample_limit": 0, "body_size_limit": 0}
    folder = tmp_path / "prometheus"
    folder.mkdir()
    started = run_prometheus(start, folder, [job])
    yield started
    started.program.process.kill()  # what it has stored is not needed, and large
    started.program.process.wait()
    shutil.rmtree(folder)


def good_scrape(prometheus):
    """When the first scrape began that went well; None when there was none yet."""
    result = prometheus.ask("query", query='up{job="million"}[10m]')["result"]
    return next((at for at, up in (result[0]["values"] if result else []) if up == "1"), None)


def values_of_shard(prometheus, shard, at):
    """{id: value as it was sent}"""
    result = prometheus.ask(
        "query", query=f'million_total{{shard="{shard:02}"}}', time=f"{at:.3f}")["result"]
    values = {}
    for series in result:
        labels = series["metric"]
        i = int(labels["id"])
        assert labels["id"] == f"{i:07}" and labels["slot"] == f"{i // SHARDS % 100:02}", labels
        values[i] = series["value"][1]
    assert len(values) == len(result)
    return values


def own_share(million):
    """(seconds, scrapes) by the self metric; None when there is none."""
    answer = web.get(million.port, f"/metrics?name[]={SHARE}", accept=web.TEXT)
    found = {name: float(value) for name, value in re.findall(
        rf"^{SHARE}_(sum|count) (\S+)$", answer.body.decode(), re.M)}
    return (found["sum"], found["count"]) if found else None


def test_prometheus_reads_back_every_value_of_a_million_series(million, prometheus):
    at = web.wait_until(lambda: good_scrape(prometheus), "a scrape with up = 1", PATIENCE)

    for shard in range(SHARDS):
        assert values_of_shard(prometheus, shard, at) == {
            i: str(7919 * i + 1) for i in range(shard, COUNT, SHARDS)}
    share = own_share(million)
    if share:
        print(f"Pitot's own share: {share[0] / share[1]:.3f} s per scrape, of {share[1]:.0f}")
    if SECONDS_MAX:
        assert share, f"there is no {SHARE} on the page"
        assert share[0] / share[1] <= float(SECONDS_MAX)
