# SPDX-License-Identifier: MIT
"""Two scrapers, while eight threads record, and make and remove series."""
import concurrent.futures
import gzip

import pytest

import pages
import web
from programs import BUILD, ROOT

SECONDS = 3
TSAN = ROOT / "build/tsan"


def scrape_until_done(program, accept, encoding):
    """Every page is sound, and no counter of it is less than on the page before. How many."""
    last, count = {}, 0
    with web.Client(program.port) as client:
        while "hammer:" not in program.stdout():
            answer = client.get(accept=accept, encoding=encoding)
            if encoding:
                answer.body = gzip.decompress(answer.body)
            families = pages.parse(answer)
            pages.check_histograms(families)
            counters = pages.counters_of(families)
            samples = {key: value for key, value in pages.samples_of(families).items()
                       if key[0] in counters and key[0] != "hammer_churning_total"}
            for key, value in last.items():
                assert samples[key] >= value, key
            last = samples
            count += 1
    return count


def check_sums(samples, events, observed, level):
    assert pages.value_of(samples, "hammer_events_total") == events
    assert pages.sum_of(samples, "hammer_keys_total") == events
    assert pages.sum_of(samples, "hammer_capped_total") == events
    assert pages.value_of(samples, "hammer_sizes_count") == events
    assert pages.value_of(samples, "hammer_sizes_sum") == observed
    assert pages.sum_of(samples, "hammer_key_sizes_count") == events
    assert pages.sum_of(samples, "hammer_key_sizes_sum") == observed
    assert pages.value_of(samples, "hammer_level") == level
    capped = [labels for name, labels in samples if name == "hammer_capped_total"]
    assert len(capped) == 51 and frozenset({("key", "__overflow__")}) in capped


@pytest.mark.parametrize("build", list(dict.fromkeys([BUILD, TSAN])), ids=lambda path: path.name)
def test_no_event_is_lost_or_counted_twice_under_two_scrapers(start, build):
    if not build.exists():
        pytest.skip(f"{build} was not built; `make test` builds it")
    program = start("e2e-hammer", "127.0.0.1:0", SECONDS, build=build)
    assert program.port

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        scrapers = [pool.submit(scrape_until_done, program, web.OPENMETRICS, "gzip"),
                    pool.submit(scrape_until_done, program, web.TEXT, None)]
        counts = [scraper.result() for scraper in scrapers]
    events, observed, level = map(int, program.wait_for_line(
        r"^hammer: events=(\d+) observed=(\d+) level=(-?\d+)\n").groups())

    assert min(counts) >= 2
    assert events > 1000
    for accept in (web.TEXT, web.OPENMETRICS):
        check_sums(pages.samples_of(pages.parse(web.get(program.port, accept=accept))),
                   events, observed, level)
    program.signal()  # and the thread sanitizer has nothing to say
    assert program.stderr() == ""
