# SPDX-License-Identifier: MIT
#
# The front door. It installs what is missing, then hands over to CMake, CTest and pytest.
#
#   make run ARGS="--help"   build, and run the example server
#   make test                every test
#   make check               every test of the text: layers, exports, style, warnings
#   make fuzz SECONDS=60     every reader fed with nonsense, so long each
#   make torture             attacks and faults, with figures; ARGS="slowloris" for one of them
#   make torture-report      docs/RELIABILITY.md from those figures
#   make build               the libraries and programs, in build/release

ARGS =
SECONDS = 60

# For `cmake --build`: all CPUs, and ninja where there is one (a build tree keeps its generator).
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc)
ifneq ($(shell command -v ninja),)
export CMAKE_GENERATOR ?= Ninja
endif

# Tests at once.
JOBS ?= $(shell nproc)

# The python3 that Debian's pytest belongs to, whichever comes first in PATH.
PYTHON = $(firstword $(wildcard /usr/bin/python3) python3)

# Newer kernels randomise addresses further than gcc 12's thread sanitizer can follow.
FIXED_ADDRESSES = $(shell setarch -R true 2>/dev/null && echo setarch -R)

.PHONY: run build test check fuzz torture torture-report bench clean

run: build
	build/release/indexer $(ARGS)

build:
	scripts/bootstrap build
	cmake --preset release
	cmake --build --preset release

test:
	scripts/bootstrap build test servers
	cmake --preset dev
	cmake --build --preset dev
	cmake --preset tsan
	cmake --build --preset tsan
	cmake --preset release -DPITOT_TESTS=ON
	cmake --build --preset release
	ctest --preset dev -j $(JOBS)
	$(FIXED_ADDRESSES) ctest --preset tsan -j $(JOBS)
	ctest --preset release -j $(JOBS)
	$(PYTHON) -m pytest -q -n $(JOBS) --dist loadfile tests

check:
	scripts/bootstrap build test check
	scripts/check

fuzz:
	scripts/bootstrap build test fuzz
	cmake --preset fuzz
	cmake --build --preset fuzz --target fuzzers
	fuzz/run $(SECONDS) build/fuzz

torture:
	scripts/bootstrap build test torture servers
	cmake --preset dev
	cmake --build --preset dev --target torture-config torture-host transport-faults-test
	cmake --preset release -DPITOT_TESTS=ON
	cmake --build --preset release
	$(PYTHON) tests/torture/torture.py $(ARGS)

torture-report:
	$(PYTHON) tests/torture/torture.py --report

bench: build
	scripts/bootstrap bench
	bench/run $(ARGS)

clean:
	rm -rf build
