#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mutants: the source with one operator changed, to see whether the tests notice.

    tests/torture/mutants.py [SEED [COUNT]]     tries some, and prints those that live

A mutant that does not compile, or is in code for other machines, is none. The tests of a mutant are those of its layer and those of the
public interface, under the sanitizers, as in `make test`; the first that fails, crashes or hangs has
killed it. The source tree is copied, so that nobody ever builds a mutant by mistake, and the tests
have to pass there before anything is changed.
"""
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

LAYERS = ["base", "storage", "instrument", "snapshot", "collect", "format"]
NOT_BUILT = {"fault.c", "sys.c"}  # where calls fail on purpose: only in builds for tests
JOBS = os.cpu_count() or 1
FLAGS = "-O1 -fsanitize=address,undefined -fno-sanitize-recover=all"
HANGS_S = 10  # and ten times what it takes

# What is changed into what; each is one way in which people are wrong.
CHANGES = [
    (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "), (r" == ", " != "),
    (r" != ", " == "), (r" && ", " || "), (r" \|\| ", " && "), (r" \+ 1\b", ""), (r" - 1\b", ""),
    (r" \+ ", " - "), (r" - ", " + "), (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r"\bif \(", "if (!"), (r"\+\+;", "--;"), (r" \|= ", " = "), (r" \* ", " + "),
]

NOT_CODE = re.compile(r'/\*[\s\S]*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
                      r"|^#[^\n]*(?:\\\n[^\n]*)*|^_Static_assert[^;]*;", re.M)


def places(text):
    """Every (start, end, replacement) in the code of a file: comments, strings and set-up are not code."""
    code = NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for pattern, new in CHANGES:
        for match in re.finditer(pattern, code):
            if pattern == r"\bif \(":
                continue_at = closing(code, match.end() - 1)
                yield match.start(), continue_at + 1, "if (!" + text[match.end() - 1:continue_at + 1] + ")"
            else:
                yield match.start(), match.end(), new


def closing(code, at):
    """The parenthesis that closes the one at `at`."""
    depth = 0
    for i in range(at, len(code)):
        depth += {"(": 1, ")": -1}.get(code[i], 0)
        if depth == 0:
            return i
    raise ValueError("no closing parenthesis")


class Lab:
    """A copy of the source and a build of it, where mutants live one after the other."""

    def __init__(self, root, seed):
        self.root, self.random = root, random.Random(seed)
        self.lab = root / "build" / "mutants"
        self.source, self.build = self.lab / "source", self.lab / "build"
        self.seconds = {}  # of each test, where nothing is changed
        self.objects = {}  # what each source is compiled to, likewise

    def prepare(self):
        shutil.rmtree(self.lab, ignore_errors=True)
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=self.root, capture_output=True, check=True)
        for name in listed.stdout.decode().split("\0"):
            if name and os.path.lexists(self.root / name):
                (self.source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.root / name, self.source / name, follow_symlinks=False)
        subprocess.run(["cmake", "-S", self.source, "-B", self.build, "-DPITOT_TESTS=ON", "-DPITOT_FAULTS=ON",
                        "-DPITOT_HTTP=OFF", "-DPITOT_CLI=OFF", "-DPITOT_EXAMPLES=OFF",
                        "-DCMAKE_BUILD_TYPE=Debug", f"-DCMAKE_C_FLAGS={FLAGS}", "-DCMAKE_C_FLAGS_DEBUG=",
                        # A test that finds the library when it starts need not be linked again.
                        "-DCMAKE_LINK_DEPENDS_NO_SHARED=ON",
                        *(["-GNinja"] if shutil.which("ninja") else [])], check=True, capture_output=True)
        names = re.findall(r"^set\((\w+)_tests ([^)]*)\)", (self.source / "CMakeLists.txt").read_text(), re.M)
        self.seconds = {f"{layer}-{noun}-test": 0 for layer, nouns in names for noun in nouns.split()
                        if layer in [*LAYERS, "api"]}
        assert self.compiles(self.seconds), "it does not even compile unchanged"
        self.objects = {path: self.object(path) for path in self.sources()}
        for test in self.seconds:
            begin = time.monotonic()
            assert self.passes(test, 300), f"{test} fails where nothing is changed"
            self.seconds[test] = time.monotonic() - begin

    def sources(self):
        return [path for layer in LAYERS for path in sorted((self.source / "src" / layer).glob("*.c"))
                if not path.name.endswith("_test.c") and path.name not in NOT_BUILT]

    def object(self, path):
        name = f"{path.relative_to(self.source)}.o"
        return (self.build / "CMakeFiles" / f"pitot_{path.parent.name}.dir" / name).read_bytes()

    def compiles(self, tests):
        return subprocess.run(["cmake", "--build", self.build, "-j", str(JOBS), "--target", *tests],
                              capture_output=True, timeout=900, check=False).returncode == 0

    def passes(self, test, patience_s):
        with subprocess.Popen([self.build / "tests" / test], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, start_new_session=True,
                              env={**os.environ, "SOURCE_DIR": str(self.source)}) as process:
            try:
                return process.wait(patience_s) == 0
            except subprocess.TimeoutExpired:
                return False
            finally:
                try:  # its children too, whether it has ended or not
                    os.killpg(process.pid, 9)
                except ProcessLookupError:
                    pass

    def pick(self, count):
        """Some places, and how many there are."""
        everything = [(path, place) for path in self.sources() for place in places(path.read_text())]
        return self.random.sample(everything, min(count, len(everything))), len(everything)

    def tests_of(self, path):
        """Fast ones before slow ones: that of the file, those of its layer, those of the interface."""
        layer, noun = path.parent.name, path.stem
        return sorted((test for test in self.seconds if test.startswith((f"{layer}-", "api-"))),
                      key=lambda test: (test != f"{layer}-{noun}-test", self.seconds[test] > 1,
                                        test.startswith("api-"), self.seconds[test]))

    def try_one(self, path, place):
        """'killed', 'alive' or 'none', for one that does not compile or is compiled to the same."""
        text = path.read_text()
        start, end, new = place
        path.write_text(text[:start] + new + text[end:])
        try:
            tests = self.tests_of(path)
            if not self.compiles(tests) or self.object(path) == self.objects[path]:
                return "none"
            return "killed" if self.one_fails(tests) else "alive"
        finally:
            path.write_text(text)

    def one_fails(self, tests):
        failed = []

        def run(test):
            if not failed and not self.passes(test, HANGS_S + 10 * self.seconds[test]):
                failed.append(test)

        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            list(pool.map(run, tests))
        return bool(failed)

    def describe(self, path, place):
        text = path.read_text()
        line = text.count("\n", 0, place[0]) + 1
        return f"{path.relative_to(self.source)}:{line}: {text[place[0]:place[1]].strip()!r} -> " \
               f"{place[2].strip()!r} in {text.splitlines()[line - 1].strip()}"


def main():
    seed, count = (list(map(int, sys.argv[1:])) + [30, 60][len(sys.argv) - 1:])[:2]
    lab = Lab(pathlib.Path(__file__).resolve().parents[2], seed)
    lab.prepare()
    outcomes = []
    for path, place in lab.pick(count)[0]:
        begin = time.monotonic()
        outcomes.append(lab.try_one(path, place))
        print(f"{outcomes[-1]:<6} {time.monotonic() - begin:5.1f} s  {lab.describe(path, place)}", flush=True)
    print({outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))})


if __name__ == "__main__":
    main()
