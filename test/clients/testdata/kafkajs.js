// Speaks to a registry with @kafkajs/confluent-schema-registry.
'use strict';

const fs = require('fs');
const https = require('https');
const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry');
const lines = require('./lines.js');

const client = (server) => new SchemaRegistry({
  host: server.url,
  ...(server.user && { auth: { username: server.user, password: server.password } }),
  ...(server.ca && { agent: new https.Agent({ ca: fs.readFileSync(server.ca) }) }),
});

// The errors of this client have no code.
const refusal = (call) => lines.refusal('ResponseError', (e) => [e.status], call);

const avro = (schema, references) => ({ type: SchemaType.AVRO, schema, references });

async function calls(q) {
  const c = client(q.server);
  const [first, second, bad] = [avro(q.schemas.first), avro(q.schemas.second), avro(q.schemas.bad)];
  const orders = { subject: 'orders-value' };
  const got = {};
  got.register = (await c.register(first, orders)).id;
  got.again = (await client(q.server).register(first, orders)).id;
  got.next = (await c.register(second, orders)).id;
  got.lookup = [await client(q.server).getRegistryIdBySchema('orders-value', second)];
  got.byID = (await client(q.server).getSchema(1)).schema({ exportAttrs: true });
  got.latest = [await client(q.server).getLatestSchemaId('orders-value')];
  got.refused = await refusal(() => c.register(bad, orders));
  const order = { name: 'shop.Order', subject: 'orders-value', version: 2 };
  got.line = (await c.register(avro(q.schemas.line, [order]), { subject: 'lines' })).id;
  // The text of the version does not tell what shop.Order is: its reference does.
  const line = { order: { id: 1, note: 'a' }, count: 2 };
  const read = await client(q.server).decode(await client(q.server).encode(got.line, line));
  got.byReference = JSON.parse(JSON.stringify(read));
  got.noSubject = await refusal(() => c.getLatestSchemaId('nothing'));
  got.noID = await refusal(() => c.getSchema(4711));
  return got;
}

async function secured(q) {
  const reader = client({ ...q.server, user: 'reader' });
  const first = avro(q.schemas.first);
  const wrong = client({ ...q.server, password: 'wrong' });
  return {
    wrong: await refusal(() => wrong.getLatestSchemaId('orders-value')),
    register: (await client(q.server).register(first, { subject: 'orders-value' })).id,
    read: (await reader.getSchema(1)).schema({ exportAttrs: true }),
    readOnly: await refusal(() => reader.register(first, { subject: 'others-value' })),
  };
}

async function produce(q) {
  const c = client(q.server);
  const { id } = await c.register(avro(q.schema), { subject: `${q.topic}-value` });
  return lines.produce(q, (event) => c.encode(id, event));
}

async function consume(q) {
  const c = client(q.server);
  return lines.consume(q, (topic, value) => c.decode(value));
}

lines.serve({ calls, secured, produce, consume });
