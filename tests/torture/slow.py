# SPDX-License-Identifier: MIT
"""T12 and T13: clients that send slowly, and clients that read slowly."""
import os
import shutil
import subprocess

from scenario import HERE, RESULTS, Honest, Watch, report_of, scenario

SERIES = 1000
CONNECTIONS_MAX = 64  # the server's default
CONNECTION_BYTES = 32 * 1024  # of one connection: what the engine keeps of it, and ours


def suffer_slowloris(run, port, watch, seconds):
    """The same for Pitot and its peers: what an honest scraper gets meanwhile."""
    attackers = run.attack("drip", port, seconds + 1)
    honest = Honest(port)
    honest.scrape_for(seconds, 0.5, watch)
    return honest, run.result_of(attackers)


@scenario("T12", "1,000 connections that drip and 200 that say nothing do not stop a scrape")
def slowloris(run):
    host = run.start("torture-host", f"series={SERIES}")
    Honest(host.port).scrape()
    watch = Watch(host)
    report_of(host)
    honest, seen = suffer_slowloris(run, host.port, watch, run.pick(5, 60))
    stall_ms = report_of(host)["stall_ns"] / 1e6

    run.check("honest scrapes answered", honest.answered * 100, ">=", 99, "%", timed=True, short=50)
    run.check("their 99th percentile", honest.quantile_ms(0.99), "<", 250, "ms", timed=True)
    run.check("fds beside those at rest", watch.fds - watch.fds_before, "<=",
              2 * CONNECTIONS_MAX + 10)
    run.check("memory beside that at rest", watch.grown_bytes / 1024, "<=",
              2 * CONNECTIONS_MAX * CONNECTION_BYTES / 1024 + 1024, "KiB")
    run.check("threads beside those at rest", watch.threads - host.threads(), "==", 0)
    run.check("the host's own worst stall", stall_ms, "<", 50, "ms", timed=True)
    run.figure("their median", honest.quantile_ms(0.5), "ms")
    run.figure("connections that the attackers made", seen["connections"])
    run.figure("of these thrown out by the server", seen["thrown_out"])


def build_peer(name):
    """The path of a peer's server, built from Debian's packages; None where these are missing."""
    folder = RESULTS / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    commands = {
        "prometheus_cpp": ["c++", "-std=c++17", "-O2", "-o", path, HERE / "peers/prometheus_cpp.cc",
                           "-lprometheus-cpp-pull", "-lprometheus-cpp-core", "-lpthread", "-lz"],
        "client_golang": ["go", "build", "-o", path, HERE / "peers/client_golang.go"],
    }
    command = commands[name]
    environment = dict(os.environ, GO111MODULE="off", GOPATH="/usr/share/gocode", GOFLAGS="",
                       GOCACHE=str(folder / "go-cache"), CGO_ENABLED="0")
    if not shutil.which(command[0]):
        return None
    built = subprocess.run(list(map(str, command)), env=environment, check=False)
    return path if built.returncode == 0 else None


@scenario("T12b", "The same attack on what the neighbours offer, for comparison",
          in_short=False)
def slowloris_on_peers(run):
    for name in ["prometheus_cpp", "client_golang"]:
        path = build_peer(name)
        if not path:
            run.figure(f"{name}: not run, as it could not be built", 0)
            continue
        peer = run.start(str(path))
        Honest(peer.port).scrape()
        watch = Watch(peer)
        honest, _ = suffer_slowloris(run, peer.port, watch, 60)
        run.figure(f"{name}: honest scrapes answered", honest.answered * 100, "%")
        run.figure(f"{name}: their median", honest.quantile_ms(0.5), "ms")
        run.figure(f"{name}: their 99th percentile", honest.quantile_ms(0.99), "ms")
        run.figure(f"{name}: fds beside those at rest", watch.fds - watch.fds_before)
        run.figure(f"{name}: memory beside that at rest", watch.grown_bytes / 1024, "KiB")
        run.end(peer)


def suffer_slow_readers(run, host, seconds, again):
    report_of(host)
    watch = Watch(host)
    attackers = run.attack("sip", host.port, seconds + 1, 200, again)
    honest = Honest(host.port, patience=20)
    honest.scrape_for(seconds, 1, watch)
    return honest, watch, run.result_of(attackers)


@scenario("T13", "200 clients that read a KiB a second of a 20 MB page hold up nobody")
def slow_readers(run):
    host = run.start("torture-host", f"series={run.pick(2000, 20000)}", "value=950")
    first = Honest(host.port, patience=60)
    first.scrape()
    page = len(first.last)
    honest, watch, seen = suffer_slow_readers(run, host, run.pick(6, 45), 0)

    run.check("honest scrapes answered", honest.answered * 100, ">=", 99, "%", timed=True, short=50)
    run.check("their 99th percentile", honest.quantile_ms(0.99), "<", 2000, "ms", timed=True)
    run.check("memory beside that at rest", watch.grown_bytes / 1e6, "<=", 2 * page / 1e6 + 10,
              "MB", timed=True, short=CONNECTIONS_MAX * page / 1e6 + 10)
    if run.long:
        run.check("slow readers still held at the end", seen["held_at_end"], "==", 0)
        run.check("the longest that one was held", seen["longest_s"], "<=", 35, "s", timed=True)
    run.check("fds beside those at rest", watch.fds - watch.fds_before, "<=",
              2 * CONNECTIONS_MAX + 10)
    run.check("the host's own worst stall", report_of(host)["stall_ns"] / 1e6, "<", 50, "ms",
              timed=True)
    run.figure("the page", page / 1e6, "MB")
    run.figure("what the slow readers got", seen["read_bytes"] / 1e3, "kB")


@scenario("T13b", "Slow readers that come back when they are cut do not starve the others either")
def slow_readers_again(run):
    host = run.start("torture-host", f"series={run.pick(2000, 20000)}", "value=950")
    Honest(host.port, patience=60).scrape()
    honest, watch, seen = suffer_slow_readers(run, host, run.pick(4, 45), 1)

    run.check("honest scrapes answered", honest.answered * 100, ">=", 99, "%", timed=True, short=10)
    run.check("their 99th percentile", honest.quantile_ms(0.99), "<", 2000, "ms", timed=True)
    run.check("memory beside that at rest", watch.grown_bytes / 1e6, "<=",
              2 * len(honest.last) / 1e6 + 10, "MB", timed=True)
    run.figure("connections that the attackers made", seen["connections"])
