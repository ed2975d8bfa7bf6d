// SPDX-License-Identifier: MIT

// harness.go -- bench/harness.h in Go: command line, threads, timing, data. The constants and the
// generator are the same in every language: change all of them or none.
//
// A thread is a goroutine locked to its operating-system thread, which is pinned to a CPU.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const (
	batchSize   = 16384   // operations between two looks at the clock
	valueCount  = 4096    // values to observe, cycled over
	childCount  = 64      // existing children that a look-up cycles over
	createCount = 1000000 // series made by create_series and memory_per_series

	observedCount = 8 // values that each histogram of a scrape has observed
)

var (
	opFlag      = flag.String("op", "", "operations, comma-separated (default: all)")
	threadsFlag = flag.Int("threads", 0, "threads (default: 1, then 2)")
	secondsFlag = flag.Float64("seconds", 0.2, "seconds for one measurement")
	seriesFlag  = flag.String("series", "1000,10000,100000,1000000", "sizes for scrapes, ascending")
	fileFlag    = flag.String("file", "", "text for parse_text")
)

func wants(op string) bool {
	if *opFlag == "" {
		return true
	}
	for _, name := range strings.Split(*opFlag, ",") {
		if name == op {
			return true
		}
	}
	return false
}

func printResult(op string, threads int, unit string, v float64) {
	fmt.Printf("{\"op\":%q,\"threads\":%d,\"impl\":%q,%q:%.4g}\n", op, threads, impl, unit, v)
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// ---- timing ----

func pin(cpu int) {
	var set [16]uint64
	set[cpu/64] = 1 << (uint(cpu) % 64)
	// A machine that refuses is measured unpinned.
	syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
}

// measure gives ns per operation with that many threads at once; batch does batchSize operations.
func measure(threads int, batch func()) float64 {
	var ready, done sync.WaitGroup
	ns := make([]float64, threads)
	ready.Add(threads)
	done.Add(threads)
	runtime.GC()
	for i := 0; i < threads; i++ {
		go func(i int) {
			defer done.Done()
			runtime.LockOSThread() // never unlocked: the pinned thread ends with the goroutine
			pin(i % runtime.NumCPU())
			batch() // warm up
			ready.Done()
			ready.Wait()
			begin, batches, elapsed := time.Now(), 0, 0.0
			for elapsed < *secondsFlag {
				batch()
				batches++
				elapsed = time.Since(begin).Seconds()
			}
			ns[i] = elapsed * 1e9 / (float64(batches) * batchSize)
		}(i)
	}
	done.Wait()
	sum := 0.0
	for _, v := range ns {
		sum += v
	}
	return sum / float64(threads)
}

func run(op string, batch func()) {
	if !wants(op) {
		return
	}
	first, last := *threadsFlag, *threadsFlag
	if first == 0 {
		first, last = 1, 2
	}
	for n := first; n <= last; n++ {
		printResult(op, n, "ns", measure(n, batch))
	}
}

// rss is what remains when the collector has run and given free pages back: the kindest figure.
func rss() float64 {
	runtime.GC()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	fail(err)
	pages, err := strconv.ParseFloat(strings.Fields(string(text))[1], 64)
	fail(err)
	return pages * float64(os.Getpagesize())
}

// runCreate measures create_series and memory_per_series; add makes series i in store.
func runCreate(store interface{}, add func(i int)) {
	if !wants("create_series") && !wants("memory_per_series") {
		return
	}
	before := rss()
	begin := time.Now()
	for i := 0; i < createCount; i++ {
		add(i)
	}
	elapsed := time.Since(begin)
	if wants("create_series") {
		printResult("create_series", 1, "ns", float64(elapsed.Nanoseconds())/createCount)
	}
	if wants("memory_per_series") {
		printResult("memory_per_series", 1, "bytes", (rss()-before)/createCount)
	}
	runtime.KeepAlive(store)
}

// counter counts what is written and forgets it.
type counter struct{ size int }

func (c *counter) Write(p []byte) (int, error) {
	c.size += len(p)
	return len(p), nil
}

// scraper is one way of scraping what there is.
type scraper struct {
	op     string
	scrape func(w *counter)
}

// runScrapes measures each scraper for each size; add makes series i with its value.
func runScrapes(add func(i int), scrapers ...scraper) {
	wanted := scrapers[:0]
	for _, s := range scrapers {
		if wants(s.op) {
			wanted = append(wanted, s)
		}
	}
	if len(wanted) == 0 {
		return
	}
	made := 0
	for _, text := range strings.Split(*seriesFlag, ",") {
		series, err := strconv.Atoi(text)
		fail(err)
		for ; made < series; made++ {
			add(made)
		}
		for _, s := range wanted {
			runScrape(s, series)
		}
	}
}

func runScrape(s scraper, series int) {
	runtime.GC()
	var w counter
	begin, turns, elapsed := time.Now(), 0, 0.0
	for turns == 0 || elapsed < *secondsFlag {
		w = counter{}
		s.scrape(&w)
		turns++
		elapsed = time.Since(begin).Seconds()
	}
	ns := elapsed * 1e9 / float64(turns*series)
	fmt.Printf("{\"op\":%q,\"threads\":1,\"impl\":%q,\"series\":%d,\"ns\":%.4g,\"text_bytes\":%d}\n",
		s.op, impl, series, ns, w.size)
}

// ---- data ----

var bounds11 = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

func makeBounds(n int) []float64 {
	bound, factor := 0.000001, 1.15
	if n == 11 {
		return bounds11
	}
	if n == 32 {
		bound, factor = 0.0001, 1.5
	}
	bounds := make([]float64, n)
	for i := range bounds {
		bounds[i] = bound
		bound *= factor
	}
	return bounds
}

func random(state *uint64) uint64 {
	*state += 0x9e3779b97f4a7c15
	z := *state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func makeValues(bounds []float64) *[valueCount]float64 {
	var values [valueCount]float64
	n := len(bounds)
	state := uint64(42)
	for i := range values {
		bucket := int((random(&state) >> 40) % uint64(n+1))
		place := float64(random(&state)>>11) * (1.0 / (1 << 53))
		low, high := 0.0, 2*bounds[n-1]
		if bucket > 0 {
			low = bounds[bucket-1]
		}
		if bucket < n {
			high = bounds[bucket]
		}
		values[i] = low + (high-low)*place
	}
	return &values
}

func child(labels, i int) [3]string {
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
	statuses := []string{"200", "201", "204", "301", "304", "400", "404", "500"}
	handlers := []string{"/", "/metrics", "/api/v1/query", "/api/v1/write"}
	if labels == 2 {
		return [3]string{strings.Clone(methods[i&7]), strings.Clone(statuses[i>>3])}
	}
	return [3]string{strings.Clone(methods[i&3]), strings.Clone(statuses[i>>2&3]), strings.Clone(handlers[i>>4])}
}

func children(labels int) *[childCount][3]string {
	var c [childCount][3]string
	for i := range c {
		c[i] = child(labels, i)
	}
	return &c
}

// padded writes n at the end of a copy of text.
func padded(text string, n int) string {
	var space [24]byte
	b := space[:copy(space[:], text)]
	for at := len(b); n > 0; n /= 10 {
		at--
		b[at] = byte('0' + n%10)
	}
	return string(b)
}

func seriesLabels(i int) (zone, host, device string) {
	return padded("zone-00000000000", i%10), padded("host-0000000000000000000", i/10%1000),
		padded("device-00000000000000000", i)
}

func seriesValue(i int) int {
	return i * 7919 % 1000003
}

// seriesObserved is what histogram i of a scrape has observed at place 0 to observedCount - 1.
func seriesObserved(values *[valueCount]float64, i, place int) float64 {
	return values[(i*observedCount+place)&(valueCount-1)]
}
