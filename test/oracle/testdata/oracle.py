"""Answers questions about Avro with Apache Avro for Python: one JSON object per
line in, one out. The program ends when its input does."""

import base64
import functools
import io
import json
import sys
import warnings

import avro.compatibility
import avro.io
import avro.schema

warnings.simplefilter("ignore")


def describe(question):
    schema = avro.schema.parse(question["writer"])
    return {
        "canonical": schema.canonical_form,
        "crc64": schema.fingerprint("CRC-64-AVRO")[::-1].hex(),
        "md5": schema.fingerprint("md5").hex(),
        "sha256": schema.fingerprint("sha256").hex(),
    }


def resolve(question):
    writer = avro.schema.parse(question["writer"])
    reader = avro.schema.parse(question.get("reader") or question["writer"])
    return {"values": [one(writer, reader, value) for value in question["values"]]}


def one(writer, reader, value):
    try:
        source = io.BytesIO(base64.b64decode(value))
        datum = avro.io.DatumReader(writer, reader).read(avro.io.BinaryDecoder(source))
        if source.read():
            raise ValueError("bytes follow the value")
        out = io.BytesIO()
        avro.io.DatumWriter(reader).write(datum, avro.io.BinaryEncoder(out))
        return {"bytes": base64.b64encode(out.getvalue()).decode()}
    except Exception as e:  # whatever it is, it is the answer
        return {"error": f"{type(e).__name__}: {e}"[:500]}


def verdicts(question):
    return {"verdicts": [verdict(*pair) for pair in question["pairs"]]}


# Pairs are asked about in both directions, one after the other.
parsed = functools.lru_cache(4)(avro.schema.parse)


def verdict(writer, reader):
    try:
        writer, reader = parsed(writer), parsed(reader)
    except Exception as e:
        return {"unread": f"{type(e).__name__}: {e}"[:500]}
    try:
        result = avro.compatibility.ReaderWriterCompatibilityChecker().get_compatibility(reader, writer)
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"[:500]}
    # Python keeps places and messages in sets, without an order.
    fits = result.compatibility is avro.compatibility.SchemaCompatibilityType.compatible
    findings = [(kind.value.upper(), "", "") for kind in result.incompatibilities]
    return {"findings": [] if fits else findings or [("", "", "")]}


OPS = {"verdicts": verdicts, "describe": describe, "again": resolve, "resolve": resolve}


def main():
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = OPS[question["op"]](question)
        except Exception as e:
            answer = {"error": f"{type(e).__name__}: {e}"[:500]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


main()
