// SPDX-License-Identifier: MIT

// client_golang.go -- client_golang's promhttp as its manual starts it, with 1,000 gauges.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	vec := prometheus.NewGaugeVec(
		prometheus.GaugeOpts{Name: "torture_value", Help: "One of many."}, []string{"n"})
	prometheus.MustRegister(vec)
	for i := 0; i < 1000; i++ {
		vec.WithLabelValues(strconv.Itoa(i)).Set(float64(i))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	http.Handle("/metrics", promhttp.Handler())
	fmt.Printf("Serving metrics on http://%s/metrics\n", listener.Addr())
	go http.Serve(listener, nil)
	var line string
	fmt.Scanln(&line)
}
