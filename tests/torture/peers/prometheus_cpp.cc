/* SPDX-License-Identifier: MIT */
/* prometheus_cpp.cc -- prometheus-cpp's exposer as its manual starts it, with 1,000 gauges. */
#include <iostream>
#include <memory>
#include <string>

#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

int main()
{
    prometheus::Exposer exposer("127.0.0.1:0");
    auto registry = std::make_shared<prometheus::Registry>();
    auto &family =
        prometheus::BuildGauge().Name("torture_value").Help("One of many.").Register(*registry);

    for (int i = 0; i < 1000; i++)
        family.Add({{"n", std::to_string(i)}}).Set(i);
    exposer.RegisterCollectable(registry);
    std::cout << "Serving metrics on http://127.0.0.1:" << exposer.GetListeningPorts()[0]
              << "/metrics" << std::endl;
    std::string line;
    std::getline(std::cin, line);
}
