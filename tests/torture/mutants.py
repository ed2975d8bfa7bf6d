# SPDX-License-Identifier: MIT
"""Mutants: the source with one operator changed, to see whether the tests notice.

A mutant that does not compile is none. The tests of a mutant are those of its layer and those of the
public interface, in build/mutants; the first that fails, crashes or hangs has killed it. The source
tree is copied, so that nobody ever builds a mutant by mistake.
"""
import os
import pathlib
import random
import re
import shutil
import subprocess

LAYERS = ["base", "storage", "instrument", "snapshot", "format"]
TESTS = r"^(api/(bounds|collector|counter|deadline|exemplar|function|gauge|golden|histogram|info|lifetime|" \
        r"names|native|page|pages|setup|snapshot|start|stateset|summary|vec)|%s/.*)$"
TIMEOUT_S = 60

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
    def __init__(self, root, seed):
        self.root, self.random = root, random.Random(seed)
        self.lab = root / "build" / "mutants"
        self.source, self.build = self.lab / "source", self.lab / "build"

    def prepare(self):
        shutil.rmtree(self.lab, ignore_errors=True)
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=self.root, capture_output=True, check=True)
        for name in listed.stdout.decode().split("\0"):
            if name and (self.root / name).is_file():
                (self.source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.root / name, self.source / name)
        self.run("cmake", "-S", self.source, "-B", self.build, "-DPITOT_TESTS=ON", "-DPITOT_HTTP=OFF",
                 "-DPITOT_CLI=OFF", "-DPITOT_EXAMPLES=OFF", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS=-O1 -g0", check=True)
        self.run("cmake", "--build", self.build, "-j", str(os.cpu_count()), check=True, timeout=900)

    def run(self, *command, check=False, timeout=300):
        try:
            return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=check,
                                  timeout=timeout).returncode
        except subprocess.TimeoutExpired:
            return -1

    def pick(self, count):
        files = [path for layer in LAYERS for path in sorted((self.source / "src" / layer).glob("*.c"))
                 if not path.name.endswith("_test.c")]
        everything = [(path, place) for path in files for place in places(path.read_text())]
        return self.random.sample(everything, min(count, len(everything))), len(everything)

    def try_one(self, path, place):
        """'killed', 'alive' or 'none', for one that does not compile."""
        text = path.read_text()
        start, end, new = place
        layer = pathlib.Path(path).parent.name
        path.write_text(text[:start] + new + text[end:])
        try:
            if self.run("cmake", "--build", self.build, "-j", str(os.cpu_count())) != 0:
                return "none"
            failed = self.run("ctest", "--test-dir", self.build, "-j", str(os.cpu_count()), "--timeout",
                              TIMEOUT_S, "--stop-on-failure", "-R", TESTS % layer)
            return "killed" if failed else "alive"
        finally:
            path.write_text(text)

    def describe(self, path, place):
        text = path.read_text()
        line = text.count("\n", 0, place[0]) + 1
        return f"{path.relative_to(self.source)}:{line}: {text[place[0]:place[1]].strip()!r} -> " \
               f"{place[2].strip()!r}"
