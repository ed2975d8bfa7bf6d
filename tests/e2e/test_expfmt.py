# SPDX-License-Identifier: MIT
"""expfmt, by which Prometheus' Go client reads and writes pages: it reads all that we write, and we
read all that it writes. Needs Go and two packages for it: `scripts/bootstrap bench` installs them.
"""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import web
from kinds import carried, convert, families_of, get, pitot, read, with_escaped_names
from programs import NO_PROXY, ROOT
from test_kinds import families, program

assert families and program  # fixtures
GOPATH = pathlib.Path("/usr/share/gocode")
PACKAGE = GOPATH / "src/github.com/prometheus/common/expfmt"

pytestmark = pytest.mark.skipif(
    not shutil.which("go") or not PACKAGE.exists(),
    reason="no Go here; `scripts/bootstrap bench` installs it")


@pytest.fixture(scope="session")
def expfmt():
    """A call that reads a page in one format, and returns it in another one."""
    built = ROOT / "build/expfmt"
    subprocess.run(
        ["go", "build", "-o", built / "expfmt", ROOT / "tests/e2e/expfmt/main.go"],
        env={**os.environ, "GO111MODULE": "off", "GOPATH": str(GOPATH),
             "GOCACHE": str(built / "cache"), "GOFLAGS": ""}, check=True, timeout=300)

    def rewrite(page, source, target, left_out=()):
        done = subprocess.run([built / "expfmt", source, target], input=page, env=NO_PROXY,
                              capture_output=True, check=False, timeout=web.PATIENCE)
        assert done.returncode == 0, done.stderr.decode()
        assert re.findall(r"^left out (\S+):", done.stderr.decode(), re.M) == list(left_out)
        return done.stdout
    return rewrite


@pytest.fixture
def plain(families):
    """All that there is, by names that everybody reads."""
    return with_escaped_names(families, "underscores")


def take_times(of):
    """The times of all exemplars, which are then without."""
    return [float(exemplar.pop("time")) for _, family in sorted(of.items())
            for series in family["series"] for exemplar in series.get("exemplars", [])]


def test_it_reads_our_text_and_we_read_its_text(expfmt, program, plain):
    again = expfmt(get(program.port, "text"), "text", "text")
    pitot("check", "--format", "text", page=again)
    assert read(again, "text") == carried(plain, "text")


def test_it_reads_our_text_and_we_read_its_protobuf(expfmt, program, plain):
    again = expfmt(get(program.port, "text"), "text", "protobuf")
    pitot("check", "--format", "protobuf", page=again)
    assert read(again, "protobuf") == carried(plain, "text")


def test_it_reads_our_protobuf_and_we_read_its_protobuf(expfmt, program, plain):
    """With native histograms, exemplars and what it does not know but keeps: start times, units."""
    again = expfmt(get(program.port, "protobuf"), "protobuf", "protobuf")
    pitot("check", "--format", "protobuf", page=again)
    assert read(again, "protobuf") == carried(plain, "protobuf")


def test_it_reads_our_protobuf_and_we_read_its_text(expfmt, program, plain):
    again = expfmt(get(program.port, "protobuf"), "protobuf", "text", ["kinds_ages_days"])
    pitot("check", "--format", "text", page=again)

    del plain["kinds_ages_days"]  # it has no text for gauge histograms
    assert read(again, "text") == carried(plain, "text")


def test_it_reads_our_protobuf_and_we_read_its_openmetrics(expfmt, program, plain):
    again = expfmt(get(program.port, "protobuf"), "protobuf", "openmetrics", ["kinds_ages_days"])
    told = pitot("check", "--quiet", "--format", "openmetrics", page=again, status=1).decode()
    assert re.findall(r"'(\w+)\{.* has a negative bucket and a _sum", told) == [
        "kinds_classic_seconds"] * 2  # which OpenMetrics forbids
    assert len(told.splitlines()) == 2

    got = families_of(convert(again, "openmetrics", "json", "--lenient"))
    expected = carried(carried(plain, "protobuf"), "openmetrics")
    for name in ("kinds_ages_days", "kinds_classic_seconds"):
        del expected[name]
        got.pop(name, None)
    for family in expected.values():
        family.pop("unit", None)
    times = pytest.approx(take_times(expected), abs=1e-6)  # here they went through a double
    assert take_times(got) == times
    assert got == expected
