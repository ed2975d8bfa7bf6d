# SPDX-License-Identifier: MIT
"""Fixtures: programs of this project and a real Prometheus, on loopback ports of their own.

They run what `make test` has built in build/release. PITOT_BUILD=build/dev takes another build.
"""
import os
import shutil

import pytest

from programs import BUILD, Program, fixed_addresses, program

running = []  # every program there is, for the log of a failure


class Starter:
    """Starts programs, each in a new folder, and ends them all."""

    def __init__(self, folder):
        self.folder = folder
        self.programs = []

    def __call__(self, name, *arguments, build=BUILD, prefix=(), **options):
        """A program of this project by its name, any other one by its path."""
        command = name if os.sep in str(name) else program(name, build)
        folder = self.folder / str(len(self.programs))
        folder.mkdir(parents=True)
        started = Program([command, *arguments], folder,
                          prefix=[*fixed_addresses(build), *prefix], **options)
        self.programs.append(started)
        running.append(started)
        return started

    def copy(self, name, new_name):
        """A program under another name."""
        path = self.folder / new_name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(program(name), path)
        return path

    def end_all(self):
        for started in reversed(self.programs):
            started.kill()
            running.remove(started)
        for started in self.programs:
            assert "Sanitizer" not in started.stderr(), started.log()


@pytest.fixture
def start(tmp_path):
    starter = Starter(tmp_path / "programs")
    yield starter
    starter.end_all()


@pytest.fixture(scope="module")
def start_for_module(tmp_path_factory):
    starter = Starter(tmp_path_factory.mktemp("programs"))
    yield starter
    starter.end_all()


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    """Files to index: 40 texts, 3 binary files, an empty one, and a symbolic link."""
    root = tmp_path_factory.mktemp("tree")
    for i in range(40):
        folder = root / f"folder {i % 4}"
        folder.mkdir(exist_ok=True)
        words = " ".join(f"word{(i * j) % 97}" for j in range(200))
        (folder / f"text-{i}").write_text(words)
    for i in range(3):
        (root / f"binary-{i}").write_bytes(b"\x7fELF\0\0" * 100)
    (root / "empty").touch()
    (root / "link").symlink_to("empty")
    return root


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for started in running:
            report.sections.append((f"the end of the log in {started.folder}", started.log()))
