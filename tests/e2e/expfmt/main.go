// SPDX-License-Identifier: MIT

// Expfmt reads a page from standard input by the package that Prometheus' Go client has for it, and
// writes it again: expfmt text|protobuf text|protobuf|openmetrics. A family that the package cannot
// write is named on standard error.
package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"os"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

var formats = map[string]expfmt.Format{
	"text":        expfmt.FmtText,
	"protobuf":    expfmt.FmtProtoDelim,
	"openmetrics": expfmt.FmtOpenMetrics,
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 || formats[os.Args[1]] == "" || formats[os.Args[2]] == "" {
		log.Fatal("usage: expfmt text|protobuf text|protobuf|openmetrics")
	}
	decoder := expfmt.NewDecoder(os.Stdin, formats[os.Args[1]])
	for {
		family := &dto.MetricFamily{}
		if err := decoder.Decode(family); err == io.EOF {
			break
		} else if err != nil {
			log.Fatal(err)
		}
		var page bytes.Buffer
		if err := expfmt.NewEncoder(&page, formats[os.Args[2]]).Encode(family); err != nil {
			fmt.Fprintf(os.Stderr, "left out %s: %v\n", family.GetName(), err)
			continue
		}
		if _, err := page.WriteTo(os.Stdout); err != nil {
			log.Fatal(err)
		}
	}
	if os.Args[2] == "openmetrics" {
		if _, err := expfmt.FinalizeOpenMetrics(os.Stdout); err != nil {
			log.Fatal(err)
		}
	}
}
