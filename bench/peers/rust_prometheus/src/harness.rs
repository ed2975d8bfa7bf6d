// SPDX-License-Identifier: MIT

//! harness.rs -- bench/harness.h in Rust: command line, threads, timing, data. The constants and the
//! generator are the same in every language: change all of them or none.

use std::sync::Barrier;
use std::time::Instant;

pub const BATCH: usize = 16384; // operations between two looks at the clock
pub const VALUES: usize = 4096; // values to observe, cycled over
pub const CHILDREN: usize = 64; // existing children that a look-up cycles over
pub const CREATE: usize = 1_000_000; // series made by create_series and memory_per_series
pub const OBSERVED: usize = 8; // values that each histogram of a scrape has observed

pub type Values = [f64; VALUES];

pub struct Bench {
    pub implementation: &'static str,
    ops: Option<String>,
    threads: usize,
    pub seconds: f64,
    pub series: Vec<usize>,
}

extern "C" {
    fn sched_setaffinity(pid: i32, size: usize, set: *const u64) -> i32;
    fn getpagesize() -> i32;
}

fn pin(cpu: usize) {
    let mut set = [0u64; 16];
    set[cpu / 64] = 1 << (cpu % 64);
    // A machine that refuses is measured unpinned.
    unsafe { sched_setaffinity(0, std::mem::size_of_val(&set), set.as_ptr()) };
}

impl Bench {
    pub fn from_args(implementation: &'static str) -> Bench {
        let mut bench = Bench {
            implementation,
            ops: None,
            threads: 0,
            seconds: 0.2,
            series: vec![1000, 10_000, 100_000, 1_000_000],
        };
        let args: Vec<String> = std::env::args().skip(1).collect();
        for pair in args.chunks(2) {
            let value = pair.get(1).expect("an option needs a value").clone();
            match pair[0].as_str() {
                "--op" => bench.ops = Some(value),
                "--threads" => bench.threads = value.parse().expect("--threads"),
                "--seconds" => bench.seconds = value.parse().expect("--seconds"),
                "--series" => {
                    bench.series = value.split(',').map(|n| n.parse().expect("--series")).collect()
                }
                "--file" => {}
                other => panic!("{} is not known", other),
            }
        }
        bench
    }

    pub fn wants(&self, op: &str) -> bool {
        self.ops.as_ref().map_or(true, |ops| ops.split(',').any(|name| name == op))
    }

    pub fn print(&self, op: &str, threads: usize, unit: &str, v: f64) {
        println!(
            "{{\"op\":\"{}\",\"threads\":{},\"impl\":\"{}\",\"{}\":{:.3}}}",
            op, threads, self.implementation, unit, v
        );
    }

    pub fn print_scrape(&self, op: &str, series: usize, ns: f64, text_bytes: usize) {
        println!(
            "{{\"op\":\"{}\",\"threads\":1,\"impl\":\"{}\",\"series\":{},\"ns\":{:.3},\"text_bytes\":{}}}",
            op, self.implementation, series, ns, text_bytes
        );
    }

    /// ns per operation with that many threads at once; `batch` does BATCH operations.
    fn time(&self, threads: usize, batch: &(dyn Fn() + Sync)) -> f64 {
        let start = Barrier::new(threads);
        let cpus = std::thread::available_parallelism().map_or(1, |n| n.get());
        let one = |i: usize| {
            pin(i % cpus);
            batch(); // warm up
            start.wait();
            let begin = Instant::now();
            let (mut batches, mut elapsed) = (0usize, 0.0);
            while elapsed < self.seconds {
                batch();
                batches += 1;
                elapsed = begin.elapsed().as_secs_f64();
            }
            elapsed * 1e9 / (batches * BATCH) as f64
        };
        let one = &one;
        let sum: f64 = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..threads).map(|i| scope.spawn(move || one(i))).collect();
            handles.into_iter().map(|h| h.join().unwrap()).sum()
        });
        sum / threads as f64
    }

    pub fn run(&self, op: &str, batch: &(dyn Fn() + Sync)) {
        if !self.wants(op) {
            return;
        }
        let threads = if self.threads == 0 { vec![1, 2] } else { vec![self.threads] };
        for n in threads {
            self.print(op, n, "ns", self.time(n, batch));
        }
    }
}

pub fn rss_bytes() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = text.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * unsafe { getpagesize() } as f64
}

// ---- data ----

const BOUNDS_11: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

pub fn bounds(n: usize) -> Vec<f64> {
    let (mut bound, factor) = match n {
        11 => return BOUNDS_11.to_vec(),
        32 => (0.0001, 1.5),
        _ => (0.000001, 1.15),
    };
    let mut out = Vec::with_capacity(n);
    for _ in 0..n {
        out.push(bound);
        bound *= factor;
    }
    out
}

fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e3779b97f4a7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
    z ^ (z >> 31)
}

pub fn values(bounds: &[f64]) -> Values {
    let n = bounds.len();
    let mut out = [0.0; VALUES];
    let mut state = 42u64;
    for v in out.iter_mut() {
        let bucket = (random(&mut state) >> 40) as usize % (n + 1);
        let place = (random(&mut state) >> 11) as f64 / (1u64 << 53) as f64;
        let low = if bucket > 0 { bounds[bucket - 1] } else { 0.0 };
        let high = if bucket < n { bounds[bucket] } else { 2.0 * bounds[n - 1] };
        *v = low + (high - low) * place;
    }
    out
}

pub fn children(labels: usize) -> Vec<[String; 3]> {
    const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
    const STATUSES: [&str; 8] = ["200", "201", "204", "301", "304", "400", "404", "500"];
    const HANDLERS: [&str; 4] = ["/", "/metrics", "/api/v1/query", "/api/v1/write"];
    (0..CHILDREN)
        .map(|i| {
            let (method, status) = if labels == 2 { (i & 7, i >> 3) } else { (i & 3, i >> 2 & 3) };
            [METHODS[method].into(), STATUSES[status].into(), HANDLERS[i >> 4].into()]
        })
        .collect()
}

/// Histogram i in a scrape has observed these: place 0 to OBSERVED - 1 of the values.
pub fn series_observed(values: &Values, i: usize, place: usize) -> f64 {
    values[(i * OBSERVED + place) & (VALUES - 1)]
}

/// The label values of one series, rewritten in place: see bench_series in bench/harness.h.
pub struct Series {
    zone: [u8; 16],
    host: [u8; 24],
    device: [u8; 24],
}

fn digits(out: &mut [u8], width: usize, mut n: usize) {
    let end = out.len();
    for at in (end - width..end).rev() {
        out[at] = b'0' + (n % 10) as u8;
        n /= 10;
    }
}

impl Series {
    pub fn new() -> Series {
        Series {
            zone: *b"zone-00000000000",
            host: *b"host-0000000000000000000",
            device: *b"device-00000000000000000",
        }
    }

    pub fn labels(&mut self, i: usize) -> [&str; 3] {
        digits(&mut self.zone, 1, i % 10);
        digits(&mut self.host, 3, i / 10 % 1000);
        digits(&mut self.device, 7, i);
        [&self.zone[..], &self.host[..], &self.device[..]].map(|b| std::str::from_utf8(b).unwrap())
    }
}

pub fn series_value(i: usize) -> u64 {
    (i * 7919 % 1_000_003) as u64
}
