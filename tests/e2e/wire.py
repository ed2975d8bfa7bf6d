# SPDX-License-Identifier: MIT
"""Protobuf pages, read by Google's own decoder."""
import subprocess

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from programs import ROOT

PROTO = ROOT / "tests/fixtures/metrics.proto"
CONTENT_TYPE = ("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                "encoding=delimited")


def family_class(folder):
    """io.prometheus.client.MetricFamily for Python, from the .proto file."""
    compiled = folder / "metrics.pb"
    subprocess.run(["protoc", f"--proto_path={PROTO.parent}",
                    f"--descriptor_set_out={compiled}", PROTO.name], check=True)
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(compiled.read_bytes()).file:
        pool.Add(file)
    descriptor = pool.FindMessageTypeByName("io.prometheus.client.MetricFamily")
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


def messages(page):
    """The messages of a page, without their lengths."""
    at = 0
    while at < len(page):
        size = shift = 0
        while True:
            size |= (page[at] & 0x7f) << shift
            shift, at = shift + 7, at + 1
            if page[at - 1] < 0x80:
                break
        assert at + size <= len(page)
        yield page[at:at + size]
        at += size
