"""Speaks to a registry and to Kafka with confluent-kafka.

It answers each line of standard input, a request in JSON, with a line: what the
client got, or an error.
"""

import datetime
import json
import sys
import traceback

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import (
    ConfigCompatibilityLevel, Metadata, MetadataProperties, Rule, RuleKind, RuleMode, RuleSet, Schema, SchemaReference,
    SchemaRegistryClient, ServerConfig)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def client(server):
    conf = {"url": server["url"]}
    if "user" in server:
        conf["basic.auth.user.info"] = server["user"] + ":" + server["password"]
    if "ca" in server:
        conf["ssl.ca.location"] = server["ca"]
    return SchemaRegistryClient(conf)


def refusal(call):
    """The client's own error: its status and its code."""
    try:
        call()
    except SchemaRegistryError as e:
        return [e.http_status_code, e.error_code]
    raise AssertionError("it was not refused")


def avro(text, references=()):
    return Schema(text, "AVRO", list(references))


def calls(q):
    c, s = client(q["server"]), q["schemas"]
    first, second, bad = avro(s["first"]), avro(s["second"]), avro(s["bad"])
    got = {}
    got["register"] = c.register_schema("orders-value", first)
    got["again"] = client(q["server"]).register_schema("orders-value", first)
    got["next"] = c.register_schema("orders-value", second)
    found = client(q["server"]).lookup_schema("orders-value", second)
    got["lookup"] = [found.schema_id, found.version]
    got["byID"] = json.loads(client(q["server"]).get_schema(1).schema_str)
    latest = c.get_latest_version("orders-value")
    got["latest"] = [latest.schema_id, latest.version]
    got["versions"] = c.get_versions("orders-value")
    got["compatible"] = c.test_compatibility("orders-value", second)
    got["incompatible"] = c.test_compatibility("orders-value", bad)
    got["refused"] = refusal(lambda: c.register_schema("orders-value", bad))
    order = SchemaReference("shop.Order", "orders-value", 2)
    got["line"] = c.register_schema("lines", avro(s["line"], [order]))
    referred = client(q["server"]).get_version("lines", 1).schema.references
    got["references"] = [[r.name, r.subject, r.version] for r in referred]
    got["referred"] = refusal(lambda: c.delete_version("orders-value", 2))
    got["subjects"] = c.get_subjects()
    c.set_compatibility("orders-value", "NONE")
    got["level"] = c.get_compatibility("orders-value")
    got["atNone"] = c.register_schema("orders-value", bad)
    got["noLevel"] = refusal(lambda: c.get_compatibility("lines"))
    got["deleted"] = [c.delete_subject("lines"), c.delete_subject("lines", True)]
    got["noSubject"] = refusal(lambda: c.get_latest_version("lines"))
    got["noID"] = refusal(lambda: c.get_schema(4711))
    serializer = AvroSerializer(c, s["auto"])
    framed = serializer({"n": 1}, SerializationContext("auto", MessageField.VALUE))
    got["auto"] = int.from_bytes(framed[1:5], "big")
    return got


def contracts(q):
    """What a registry has beside texts: settings, metadata, rules, guids, modes."""
    c, first = client(q["server"]), q["schemas"]["first"]
    c.set_config("orders-value", ServerConfig(
        compatibility=ConfigCompatibilityLevel.FULL, compatibility_group="major",
        default_metadata=Metadata(None, MetadataProperties({"owner": "shop"}), None)))
    config = c.get_config("orders-value")
    rule = Rule("positive", None, RuleKind.CONDITION, RuleMode.WRITE, "CEL", None, None, "message.id > 0", None, None, False)
    schema = Schema(first, "AVRO", [], Metadata(None, MetadataProperties({"major": "1"}), None), RuleSet(None, [rule]))
    made = c.register_schema_full_response("orders-value", schema)
    stored = client(q["server"]).get_version("orders-value", 1)
    latest = client(q["server"]).get_latest_with_metadata("orders-value", {"major": "1", "owner": "shop"})
    c.update_mode("orders-value", "READONLY")
    return {
        "config": [config.compatibility_level.value, config.compatibility_group,
                   config.default_metadata.properties.properties],
        "made": made.schema_id,
        "metadata": stored.schema.metadata.properties.properties,
        "rules": [[r.name, r.kind.value, r.mode.value, r.expr] for r in stored.schema.rule_set.domain_rules],
        "latest": latest.version,
        "noLatest": refusal(lambda: c.get_latest_with_metadata("orders-value", {"major": "2"})),
        "byGUID": json.loads(client(q["server"]).get_schema_by_guid(stored.guid).schema_str),
        "associations": refusal(lambda: c.get_associations_by_resource_name("orders", "-", "topic", ["value"])),
        "mode": c.get_mode("orders-value"),
        "readOnly": refusal(lambda: c.register_schema("orders-value", avro(q["schemas"]["second"]))),
        "types": sorted(c.get_schema_types()),
        "contexts": c.get_contexts(),
        "subjects": c.get_subjects_by_schema_id(1),
        "versions": [[v.subject, v.version] for v in c.get_schema_versions(1)],
    }


def secured(q):
    wrong = client({**q["server"], "password": "wrong"})
    reader = client({**q["server"], "user": "reader"})
    c, first = client(q["server"]), avro(q["schemas"]["first"])
    return {
        "wrong": refusal(wrong.get_subjects),
        "register": c.register_schema("orders-value", first),
        "read": json.loads(reader.get_schema(1).schema_str),
        "readOnly": refusal(lambda: reader.register_schema("others-value", first)),
    }


def produce(q):
    serializer = AvroSerializer(client(q["server"]), q["schema"])
    producer = Producer({"bootstrap.servers": q["brokers"], "acks": "all"})
    failed = []
    for event in q["events"]:
        event = {**event, "delivered_at": EPOCH + datetime.timedelta(microseconds=event["delivered_at"])}
        value = serializer(event, SerializationContext(q["topic"], MessageField.VALUE))
        producer.produce(
            q["topic"], key=str(event["message_id"]), value=value,
            on_delivery=lambda err, _: failed.append(str(err)) if err else None)
    if producer.flush(30) or failed:
        raise RuntimeError("not delivered: " + ", ".join(failed))
    return {}


def consume(q):
    deserializer = AvroDeserializer(client(q["server"]))
    consumer = Consumer({"bootstrap.servers": q["brokers"], "group.id": q["group"], "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0) for topic in q["topics"]])
    events = {topic: [] for topic in q["topics"]}
    for _ in range(q["count"] * len(q["topics"])):
        record = consumer.poll(30)
        if record is None or record.error():
            raise RuntimeError("no record within 30 s, or an error: %s" % record)
        event = deserializer(record.value(), SerializationContext(record.topic(), MessageField.VALUE))
        event["delivered_at"] = (event["delivered_at"] - EPOCH) // datetime.timedelta(microseconds=1)
        events[record.topic()].append(event)
    consumer.close()
    return events


def main():
    does = {"calls": calls, "contracts": contracts, "secured": secured, "produce": produce, "consume": consume}
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = {"got": does[question["do"]](question)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


main()
