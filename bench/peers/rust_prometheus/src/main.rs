// SPDX-License-Identifier: MIT

//! main.rs -- the operations of make bench with rust-prometheus (Debian: librust-prometheus-dev).
//!
//! Counters are IntCounter, its fastest; counter_add_double is Counter, gauge_set is Gauge, of doubles.

mod harness;

use harness::*;
use prometheus::core::Collector;
use prometheus::{
    Counter, Encoder, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry,
    TextEncoder,
};
use std::time::Instant;

fn run_scalars(bench: &Bench) {
    let values = values(&bounds(11));
    let counter = IntCounter::new("bench_total", "h").unwrap();
    bench.run("counter_inc", &|| {
        for _ in 0..BATCH / 8 {
            counter.inc();
            counter.inc();
            counter.inc();
            counter.inc();
            counter.inc();
            counter.inc();
            counter.inc();
            counter.inc();
        }
    });
    let counter = Counter::new("bench_double_total", "h").unwrap();
    bench.run("counter_add_double", &|| {
        for i in 0..BATCH {
            counter.inc_by(values[i & (VALUES - 1)]);
        }
    });
    let gauge = Gauge::new("bench_gauge", "h").unwrap();
    bench.run("gauge_set", &|| {
        for i in 0..BATCH {
            gauge.set(values[i & (VALUES - 1)]);
        }
    });
}

fn run_histograms(bench: &Bench) {
    for n in [11, 32, 128] {
        let bounds = bounds(n);
        let values = values(&bounds);
        let histogram = Histogram::with_opts(HistogramOpts::new("bench", "h").buckets(bounds)).unwrap();
        bench.run(&format!("histogram_observe_{}", n), &|| {
            for i in 0..BATCH {
                histogram.observe(values[i & (VALUES - 1)]);
            }
        });
        if n == 11 {
            bench.run("timer", &|| {
                for _ in 0..BATCH {
                    histogram.start_timer().observe_duration();
                }
            });
        }
    }
}

fn run_lookups(bench: &Bench) {
    let vec = IntCounterVec::new(Opts::new("bench_2_total", "h"), &["method", "status"]).unwrap();
    let labels = children(2);
    bench.run("lookup2_inc", &|| {
        for i in 0..BATCH {
            let c = &labels[i & (CHILDREN - 1)];
            vec.with_label_values(&[&c[0], &c[1]]).inc();
        }
    });
    bench.run("lookup_literal_inc", &|| {
        for _ in 0..BATCH {
            vec.with_label_values(&["GET", "2xx"]).inc();
        }
    });
    let vec = IntCounterVec::new(Opts::new("bench_3_total", "h"), &["method", "status", "handler"]).unwrap();
    let labels = children(3);
    bench.run("lookup3_inc", &|| {
        for i in 0..BATCH {
            let c = &labels[i & (CHILDREN - 1)];
            vec.with_label_values(&[&c[0], &c[1], &c[2]]).inc();
        }
    });
}

fn series_vec() -> IntCounterVec {
    IntCounterVec::new(Opts::new("bench_series_total", "h"), &["zone", "host", "device"]).unwrap()
}

fn run_create(bench: &Bench) {
    if !bench.wants("create_series") && !bench.wants("memory_per_series") {
        return;
    }
    let vec = series_vec();
    let mut series = Series::new();
    let before = rss_bytes();
    let begin = Instant::now();
    for i in 0..CREATE {
        vec.with_label_values(&series.labels(i));
    }
    let elapsed = begin.elapsed().as_secs_f64();
    if bench.wants("create_series") {
        bench.print("create_series", 1, "ns", elapsed * 1e9 / CREATE as f64);
    }
    if bench.wants("memory_per_series") {
        bench.print("memory_per_series", 1, "bytes", (rss_bytes() - before) / CREATE as f64);
    }
    assert!(!vec.desc().is_empty());
}

fn run_scrapes(bench: &Bench, op: &str, registry: &Registry, mut add: impl FnMut(usize)) {
    if !bench.wants(op) {
        return;
    }
    let mut made = 0;
    let mut text = Vec::new();
    for &size in &bench.series {
        while made < size {
            add(made);
            made += 1;
        }
        let begin = Instant::now();
        let (mut turns, mut elapsed) = (0usize, 0.0);
        while turns == 0 || elapsed < bench.seconds {
            text.clear();
            TextEncoder::new().encode(&registry.gather(), &mut text).unwrap();
            turns += 1;
            elapsed = begin.elapsed().as_secs_f64();
        }
        bench.print_scrape(op, size, elapsed * 1e9 / (turns * size) as f64, text.len());
    }
}

fn run_scrape(bench: &Bench) {
    let mut series = Series::new();
    let vec = series_vec();
    let registry = Registry::new();
    registry.register(Box::new(vec.clone())).unwrap();
    run_scrapes(bench, "scrape_text", &registry, |i| {
        vec.with_label_values(&series.labels(i)).inc_by(series_value(i))
    });
    drop((vec, registry));

    let values = values(&bounds(11));
    let opts = HistogramOpts::new("bench_series_seconds", "h").buckets(bounds(11));
    let vec = HistogramVec::new(opts, &["zone", "host", "device"]).unwrap();
    let registry = Registry::new();
    registry.register(Box::new(vec.clone())).unwrap();
    run_scrapes(bench, "scrape_histogram_text", &registry, |i| {
        let histogram = vec.with_label_values(&series.labels(i));
        for place in 0..OBSERVED {
            histogram.observe(series_observed(&values, i, place));
        }
    });
}

fn main() {
    let bench = Bench::from_args("rust-prometheus");
    run_scalars(&bench);
    run_histograms(&bench);
    run_lookups(&bench);
    run_create(&bench);
    run_scrape(&bench);
}
