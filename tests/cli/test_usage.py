# SPDX-License-Identifier: MIT
"""The command line itself: verbs, options, hints, exit statuses."""
import re
import subprocess

import pytest

from programs import NO_PROXY, ROOT, program

VERBS = ["check", "lint", "convert", "scrape"]
PAGE = "# HELP a_total b\n# TYPE a_total counter\na_total 1\n"


def test_no_verb_is_a_wrong_command(pitot):
    result = pitot()
    assert result.status == 2
    assert result.out == ""
    assert "Usage: pitot VERB" in result.err


@pytest.mark.parametrize("arguments", [["--help"], ["help"]])
def test_help_names_every_verb(pitot, arguments):
    result = pitot(*arguments)
    assert result.status == 0
    for verb in VERBS:
        assert re.search(rf"^  {verb} +\w", result.out, re.M)


def test_version_is_that_of_the_header(pitot):
    header = (ROOT / "include/pitot/pitot.h").read_text()
    version = re.search(r'^#define PITOT_VERSION "(.*)"', header, re.M)[1]
    assert pitot("--version").out == f"pitot {version}\n"
    for verb in VERBS:
        assert pitot(verb, "--version").out == f"pitot {version}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_a_verb_is_in_its_manual(pitot, verb):
    options = re.findall(r"^  --([\w-]+)", pitot(verb, "--help").out, re.M)
    assert "json" in options and "format" in options
    assert pitot("help", verb).out == pitot(verb, "--help").out
    manual = "".join((ROOT / f"docs/man/{name}.1").read_text() for name in ["pitot", f"pitot-{verb}"])
    missing = [option for option in options
               if not re.search(rf"(Fl|,) -{option}\b(?!-)", manual)]
    assert missing == []


def test_every_manual_has_examples_and_exit_statuses():
    for verb in VERBS:
        manual = (ROOT / f"docs/man/pitot-{verb}.1").read_text()
        assert ".Sh EXAMPLES" in manual and ".Sh EXIT STATUS" in manual


@pytest.mark.parametrize("arguments,hint", [
    (["lnit"], "did you mean 'lint'?"),
    (["--verion"], "did you mean '--version'?"),
    (["check", "--formt", "text"], "did you mean --format?"),
    (["lint", "--only", "promlnit"], "did you mean 'promlint'?"),
])
def test_a_slip_is_answered_with_what_was_meant(pitot, arguments, hint):
    result = pitot(*arguments)
    assert result.status == 2
    assert hint in result.err


@pytest.mark.parametrize("arguments,message", [
    (["check", "-x"], "option '-x'"),
    (["check", "--to", "text"], "option '--to': there is no such option"),
    (["check", "--format"], "its value is missing"),
    (["check", "--format", "yaml"], "the formats are text, text1, openmetrics"),
    (["check", "--memory-max", "1X"], "a size like 64M or 1G is needed"),
    (["check", "--memory-max", "99999999999T"], "a size like 64M or 1G is needed"),
    (["check", "--timeout", "-1"], "a number of seconds above 0"),
    (["check", "--header", "no colon"], "a header is 'NAME: VALUE'"),
    (["check", "--accept", "a\r\nb: c"], "one line"),
    (["lint", "--max-series", "-1"], "a whole number above 0"),
    (["lint", "--only", "advice/help,nothing/unit"], "'nothing/unit': there is no such rule"),
    (["convert"], "--to is needed"),
    (["convert", "--to", "text", "a", "b"], "argument 'b': one too many"),
    (["convert", "--to", "text", "--escaping", "none"], "the schemes are underscores"),
    (["scrape"], "a URL or HOST:PORT is needed"),
    (["scrape", "page.prom"], "'page.prom': a URL or HOST:PORT is needed"),
])
def test_a_wrong_command_says_what_it_needs(pitot, arguments, message):
    result = pitot(*arguments)
    assert result.status == 2
    assert message in result.err
    assert result.out == ""


@pytest.mark.parametrize("verb", [["check"], ["lint"], ["convert", "--to", "text"]])
def test_standard_input_is_read_when_nothing_is_named(pitot, verb):
    for source in [], ["-"]:
        assert pitot(*verb, *source, stdin=PAGE).status == 0
        assert pitot(*verb, *source, stdin="}\n").status == 1


def test_a_file_that_is_not_there_is_named(pitot):
    result = pitot("check", "missing.prom")
    assert result.status == 1
    assert result.err == "pitot check: missing.prom: cannot open it: No such file or directory\n"


def test_a_page_has_no_more_memory_than_it_may_have(pitot):
    result = pitot("check", "--memory-max", "1M", "big.prom", files={"big.prom": "a 1\n" * 500_000})
    assert result.status == 1
    assert "more than 1048576 bytes; --memory-max allows more" in result.err


def test_what_is_made_of_a_page_counts_as_its_memory(pitot):
    page = "".join(f'a{{b="{i}"}} 1\n' for i in range(40_000))
    assert pitot("check", "--memory-max", "1M", stdin=page).status == 1
    assert pitot("check", "--memory-max", "64M", stdin=page).status == 0


def test_a_closed_pipe_is_no_failure(tmp_path):
    page = tmp_path / "page.prom"
    page.write_text("".join(f'a{{b="{i}"}} 1\n' for i in range(100_000)))
    command = f'"{program("pitot")}" convert --to text page.prom | head -n 1; echo ${{PIPESTATUS[0]}}'
    ended = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True,
                           timeout=60, check=True, env=NO_PROXY)
    assert ended.stdout.splitlines()[-1] == "0"
    assert ended.stderr == ""


def test_a_full_disk_is_a_failure(tmp_path):
    page = tmp_path / "page.prom"
    page.write_text(PAGE)
    for verb in "convert --to text", "check":
        ended = subprocess.run(["bash", "-c", f'"{program("pitot")}" {verb} page.prom >/dev/full'],
                               cwd=tmp_path, capture_output=True, text=True, timeout=60,
                               check=False, env=NO_PROXY)
        assert ended.returncode == 1
        assert "No space left" in ended.stderr
