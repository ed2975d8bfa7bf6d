// SPDX-License-Identifier: MIT

// victoriametrics.go -- the operations of make bench with VictoriaMetrics/metrics
// (Debian: golang-github-victoriametrics-metrics-dev).
//
// What differs by nature: a metric is found by its whole text, `name{label="value"}`, put together here by
// concatenation, the fastest way; histograms have no bounds of the caller's (histogram_observe_vmrange);
// its Gauge is a callback, so gauge_set is FloatCounter.Set.
package main

import (
	"flag"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

const impl = "victoriametrics"

func runScalars(set *metrics.Set) {
	values := makeValues(bounds11)
	c := set.NewCounter("bench_total")
	run("counter_inc", func() {
		for i := 0; i < batchSize; i += 8 {
			c.Inc()
			c.Inc()
			c.Inc()
			c.Inc()
			c.Inc()
			c.Inc()
			c.Inc()
			c.Inc()
		}
	})
	f := set.NewFloatCounter("bench_float_total")
	run("counter_add_double", func() {
		for i := 0; i < batchSize; i++ {
			f.Add(values[i&(valueCount-1)])
		}
	})
	g := set.NewFloatCounter("bench_gauge")
	run("gauge_set", func() {
		for i := 0; i < batchSize; i++ {
			g.Set(values[i&(valueCount-1)])
		}
	})
	h := set.NewHistogram("bench_seconds")
	run("histogram_observe_vmrange", func() {
		for i := 0; i < batchSize; i++ {
			h.Update(values[i&(valueCount-1)])
		}
	})
	run("timer", func() {
		for i := 0; i < batchSize; i++ {
			h.UpdateDuration(time.Now())
		}
	})
}

func runLookups(set *metrics.Set) {
	children2 := children(2)
	run("lookup2_inc", func() {
		for i := 0; i < batchSize; i++ {
			c := &children2[i&(childCount-1)]
			set.GetOrCreateCounter(`bench_2_total{method="` + c[0] + `",status="` + c[1] + `"}`).Inc()
		}
	})
	run("lookup_literal_inc", func() {
		for i := 0; i < batchSize; i++ {
			set.GetOrCreateCounter(`bench_2_total{method="GET",status="2xx"}`).Inc()
		}
	})
	children3 := children(3)
	run("lookup3_inc", func() {
		for i := 0; i < batchSize; i++ {
			c := &children3[i&(childCount-1)]
			set.GetOrCreateCounter(`bench_3_total{method="` + c[0] + `",status="` + c[1] +
				`",handler="` + c[2] + `"}`).Inc()
		}
	})
}

func addSeries(set *metrics.Set, i int) *metrics.Counter {
	zone, host, device := seriesLabels(i)
	return set.GetOrCreateCounter(`bench_series_total{zone="` + zone + `",host="` + host +
		`",device="` + device + `"}`)
}

func runSeries() {
	set := metrics.NewSet()
	runCreate(set, func(i int) { addSeries(set, i) })
	set = metrics.NewSet()
	runScrapes(func(i int) { addSeries(set, i).Set(uint64(seriesValue(i))) },
		scraper{"scrape_text", func(w *counter) { set.WritePrometheus(w) }})
}

func main() {
	flag.Parse()
	set := metrics.NewSet()
	runScalars(set)
	runLookups(set)
	runSeries()
}
