// SPDX-License-Identifier: MIT

// client_golang.go -- the operations of make bench with Prometheus' own library for Go
// (Debian: golang-github-prometheus-client-golang-dev), and its parser, expfmt.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
)

const impl = "client_golang"

func histogramBatch(h prometheus.Histogram, values *[valueCount]float64) func() {
	return func() {
		for i := 0; i < batchSize; i++ {
			h.Observe(values[i&(valueCount-1)])
		}
	}
}

func runScalars() {
	values := makeValues(bounds11)
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "bench_total", Help: "h"})
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
	run("counter_add_double", func() {
		for i := 0; i < batchSize; i++ {
			c.Add(values[i&(valueCount-1)])
		}
	})
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "bench_gauge", Help: "h"})
	run("gauge_set", func() {
		for i := 0; i < batchSize; i++ {
			g.Set(values[i&(valueCount-1)])
		}
	})
}

func runHistograms() {
	for _, n := range []int{11, 32, 128} {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "bench", Help: "h", Buckets: makeBounds(n)})
		run(fmt.Sprintf("histogram_observe_%d", n), histogramBatch(h, makeValues(makeBounds(n))))
		if n == 11 {
			values := makeValues(makeBounds(n))
			exemplar := prometheus.Labels{"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}
			run("exemplar_observe", func() {
				for i := 0; i < batchSize; i++ {
					h.(prometheus.ExemplarObserver).ObserveWithExemplar(values[i&(valueCount-1)], exemplar)
				}
			})
			run("timer", func() {
				for i := 0; i < batchSize; i++ {
					prometheus.NewTimer(h).ObserveDuration()
				}
			})
		}
	}
	native := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "bench_native", Help: "h", NativeHistogramBucketFactor: 1.1,
	})
	run("native_observe", histogramBatch(native, makeValues(bounds11)))
}

func runLookups() {
	vec2 := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bench_2_total", Help: "h"},
		[]string{"method", "status"})
	children2 := children(2)
	run("lookup2_inc", func() {
		for i := 0; i < batchSize; i++ {
			c := &children2[i&(childCount-1)]
			vec2.WithLabelValues(c[0], c[1]).Inc()
		}
	})
	run("lookup_literal_inc", func() {
		for i := 0; i < batchSize; i++ {
			vec2.WithLabelValues("GET", "2xx").Inc()
		}
	})
	vec3 := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bench_3_total", Help: "h"},
		[]string{"method", "status", "handler"})
	children3 := children(3)
	run("lookup3_inc", func() {
		for i := 0; i < batchSize; i++ {
			c := &children3[i&(childCount-1)]
			vec3.WithLabelValues(c[0], c[1], c[2]).Inc()
		}
	})
}

func newSeriesVec() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bench_series_total", Help: "h"},
		[]string{"zone", "host", "device"})
}

func runSeries() {
	vec := newSeriesVec()
	runCreate(vec, func(i int) {
		zone, host, device := seriesLabels(i)
		vec.WithLabelValues(zone, host, device)
	})
}

func (w *counter) Header() http.Header { return http.Header{} }
func (w *counter) WriteHeader(int)     {}

// encode scrapes in one of expfmt's formats.
func encode(registry *prometheus.Registry, format expfmt.Format) func(w *counter) {
	return func(w *counter) {
		families, err := registry.Gather()
		fail(err)
		encoder := expfmt.NewEncoder(w, format)
		for _, f := range families {
			fail(encoder.Encode(f))
		}
		if closer, ok := encoder.(expfmt.Closer); ok {
			fail(closer.Close())
		}
	}
}

// gzipped scrapes as its HTTP handler does for who accepts gzip.
func gzipped(registry *prometheus.Registry) func(w *counter) {
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	request, err := http.NewRequest("GET", "/metrics", nil)
	fail(err)
	request.Header.Set("Accept-Encoding", "gzip")
	return func(w *counter) { handler.ServeHTTP(w, request) }
}

func runCounterScrapes() {
	vec := newSeriesVec()
	registry := prometheus.NewRegistry()
	registry.MustRegister(vec)
	runScrapes(func(i int) {
		zone, host, device := seriesLabels(i)
		vec.WithLabelValues(zone, host, device).Add(float64(seriesValue(i)))
	},
		scraper{"scrape_text", encode(registry, expfmt.FmtText)},
		scraper{"scrape_openmetrics", encode(registry, expfmt.FmtOpenMetrics)},
		scraper{"scrape_proto", encode(registry, expfmt.FmtProtoDelim)},
		scraper{"scrape_gzip", gzipped(registry)})
}

func runHistogramScrapes() {
	values := makeValues(bounds11)
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "bench_series_seconds", Help: "h", Buckets: bounds11,
	}, []string{"zone", "host", "device"})
	registry := prometheus.NewRegistry()
	registry.MustRegister(vec)
	runScrapes(func(i int) {
		zone, host, device := seriesLabels(i)
		h := vec.WithLabelValues(zone, host, device)
		for place := 0; place < observedCount; place++ {
			h.Observe(seriesObserved(values, i, place))
		}
	}, scraper{"scrape_histogram_text", encode(registry, expfmt.FmtText)})
}

func runParse() {
	if !wants("parse_text") || *fileFlag == "" {
		return
	}
	text, err := os.ReadFile(*fileFlag)
	fail(err)
	begin, turns, elapsed := time.Now(), 0, 0.0
	for turns == 0 || elapsed < *secondsFlag {
		var parser expfmt.TextParser
		_, err := parser.TextToMetricFamilies(bytes.NewReader(text))
		fail(err)
		turns++
		elapsed = time.Since(begin).Seconds()
	}
	printResult("parse_text", 1, "mb_s", float64(turns*len(text))/elapsed/1e6)
}

func main() {
	flag.Parse()
	runScalars()
	runHistograms()
	runLookups()
	runParse()
	runSeries()
	runCounterScrapes()
	runHistogramScrapes()
}
