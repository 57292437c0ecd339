package cli

var schemaTopic = topic{"schemas", "How a folder of schemas and a registry are kept in step", `'schema check', 'schema push' and 'schema pull' are about a folder of .avsc files, the
same that 'codegen' reads. Where there is no folder schemas/avro, check and push take
the schemas that the binary carries.

An event, a record with "schemactl.topic", goes to the subject that producers ask for:

  topic          TOPIC-value; one event type a topic (the default)
  topic-record   TOPIC-FULL.NAME; several event types share the topic
  record         FULL.NAME

--strategy topic-record chooses for all topics, --strategy messages=topic-record for
one; it can be repeated, and stand in schemactl.yaml:

  schema:
    strategy: [messages=topic-record]

Outbox and producers have to be told the same (WithSubjectNaming). Every other type
goes to the subject of its full name. The file subjects.json in the folder says
otherwise for single types: {"shop.Payment": ["payments-value"]}.

Types of other files become references, so they are registered first. A type is
compared as it is with all that it refers to, so a change that breaks a type which many
refer to is told for each of them.

schemas.lock.json, which push writes, has the id of every version of these subjects,
with its text. A program that embeds it can publish and consume without a registry:
client.ReadLockFile, client.WithLock. Ids belong to one registry, so the file says
which: by the name that the registry answers at /v1/metadata/id ('registry serve
--cluster-name'), else by its URL. It may hold several: push against each of them.`}
