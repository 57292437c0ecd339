// Speaks to a registry with @confluentinc/schemaregistry.
'use strict';

const fs = require('fs');
const https = require('https');
const { AvroDeserializer, AvroSerializer, SchemaRegistryClient, SerdeType } = require('@confluentinc/schemaregistry');
const lines = require('./lines.js');

const client = (server) => new SchemaRegistryClient({
  baseURLs: [server.url],
  ...(server.user && {
    basicAuthCredentials: { credentialsSource: 'USER_INFO', userInfo: `${server.user}:${server.password}` },
  }),
  ...(server.ca && {
    createAxiosDefaults: { httpsAgent: new https.Agent({ ca: fs.readFileSync(server.ca) }) },
  }),
});

const refusal = (call) => lines.refusal('RestError', (e) => [e.status, e.errorCode], call);

const avro = (schema, references) => ({ schema, schemaType: 'AVRO', references });

async function calls(q) {
  const c = client(q.server);
  const [first, second, bad] = [avro(q.schemas.first), avro(q.schemas.second), avro(q.schemas.bad)];
  const got = {};
  got.register = await c.register('orders-value', first, false);
  got.again = await client(q.server).register('orders-value', first, false);
  got.next = await c.register('orders-value', second, false);
  const found = await client(q.server).getIdFullResponse('orders-value', second, false);
  got.lookup = [found.id, found.version];
  got.byID = JSON.parse((await client(q.server).getBySubjectAndId('orders-value', 1)).schema);
  const latest = await c.getLatestSchemaMetadata('orders-value');
  got.latest = [latest.id, latest.version];
  got.versions = await c.getAllVersions('orders-value');
  got.compatible = await c.testSubjectCompatibility('orders-value', second);
  got.incompatible = await c.testSubjectCompatibility('orders-value', bad);
  got.refused = await refusal(() => c.register('orders-value', bad, false));
  const order = { name: 'shop.Order', subject: 'orders-value', version: 2 };
  got.line = await c.register('lines', avro(q.schemas.line, [order]), false);
  const referred = (await client(q.server).getSchemaMetadata('lines', 1, false)).references;
  got.references = referred.map((r) => [r.name, r.subject, r.version]);
  got.referred = await refusal(() => c.deleteSubjectVersion('orders-value', 2, false));
  got.subjects = await c.getAllSubjects();
  await c.updateCompatibility('orders-value', 'NONE');
  got.level = await c.getCompatibility('orders-value');
  got.atNone = await c.register('orders-value', bad, false);
  got.noLevel = await refusal(() => c.getCompatibility('lines'));
  got.deleted = [await c.deleteSubject('lines', false), await c.deleteSubject('lines', true)];
  got.noSubject = await refusal(() => client(q.server).getLatestSchemaMetadata('lines'));
  got.noID = await refusal(() => c.getBySubjectAndId('orders-value', 4711));
  // This serializer makes the schema up from the value.
  const serializer = new AvroSerializer(c, SerdeType.VALUE, { autoRegisterSchemas: true });
  got.auto = (await serializer.serialize('auto', { n: 1 })).readUInt32BE(1);
  return got;
}

// contracts are what a registry has beside texts: settings, metadata, rules, guids.
async function contracts(q) {
  const c = client(q.server);
  await c.updateConfig('orders-value', {
    compatibility: 'FULL', compatibilityGroup: 'major', defaultMetadata: { properties: { owner: 'shop' } },
  });
  const config = await c.getConfig('orders-value');
  const rule = { name: 'positive', kind: 'CONDITION', mode: 'WRITE', type: 'CEL', expr: 'message.id > 0' };
  const schema = { ...avro(q.schemas.first), metadata: { properties: { major: '1' } }, ruleSet: { domainRules: [rule] } };
  const made = await c.registerFullResponse('orders-value', schema, false);
  const stored = await client(q.server).getSchemaMetadata('orders-value', 1, false);
  const latest = await client(q.server).getLatestWithMetadata('orders-value', { major: '1', owner: 'shop' }, false);
  return {
    config: [config.compatibilityLevel, config.compatibilityGroup, config.defaultMetadata.properties],
    made: made.id,
    metadata: stored.metadata.properties,
    rules: stored.ruleSet.domainRules.map((r) => [r.name, r.kind, r.mode, r.expr]),
    latest: latest.version,
    noLatest: await refusal(() => c.getLatestWithMetadata('orders-value', { major: '2' }, false)),
    byGUID: JSON.parse((await client(q.server).getByGuid(stored.guid)).schema),
    associations: await refusal(() => c.getAssociationsByResourceName('orders', '-', 'topic', ['value'], null, 0, -1)),
  };
}

async function secured(q) {
  const c = client(q.server);
  const reader = client({ ...q.server, user: 'reader' });
  const first = avro(q.schemas.first);
  return {
    wrong: await refusal(() => client({ ...q.server, password: 'wrong' }).getAllSubjects()),
    register: await c.register('orders-value', first, false),
    read: JSON.parse((await reader.getBySubjectAndId('orders-value', 1)).schema),
    readOnly: await refusal(() => reader.register('others-value', first, false)),
  };
}

async function produce(q) {
  const c = client(q.server);
  await c.register(`${q.topic}-value`, avro(q.schema), false);
  const serializer = new AvroSerializer(c, SerdeType.VALUE, { autoRegisterSchemas: false, useLatestVersion: true });
  return lines.produce(q, (event) => serializer.serialize(q.topic, event));
}

async function consume(q) {
  const deserializer = new AvroDeserializer(client(q.server), SerdeType.VALUE, {});
  return lines.consume(q, (topic, value) => deserializer.deserialize(topic, value));
}

lines.serve({ calls, contracts, secured, produce, consume });
