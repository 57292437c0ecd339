// What the two programs in JavaScript share: the protocol, and Kafka.
'use strict';

const { Kafka, logLevel } = require('kafkajs');
const readline = require('readline');

// serve answers each line of standard input, a request in JSON, with a line: what
// the client got, or an error.
exports.serve = async (does) => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const question = JSON.parse(line);
    let answer;
    try {
      answer = { got: await does[question.do](question) };
    } catch (e) {
      answer = { error: e.stack };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
};

const kafka = (q) => new Kafka({ clientId: 'test', brokers: q.brokers.split(','), logLevel: logLevel.NOTHING });

// produce writes the events, framed by encode.
exports.produce = async (q, encode) => {
  const producer = kafka(q).producer();
  await producer.connect();
  const messages = [];
  for (const event of q.events) {
    messages.push({ key: String(event.message_id), value: await encode(event) });
  }
  await producer.send({ topic: q.topic, messages, acks: -1 });
  await producer.disconnect();
  return {};
};

// consume reads count events of each topic with decode.
exports.consume = async (q, decode) => {
  const consumer = kafka(q).consumer({ groupId: q.group });
  await consumer.connect();
  await consumer.subscribe({ topics: q.topics, fromBeginning: true });
  const events = Object.fromEntries(q.topics.map((topic) => [topic, []]));
  let missing = q.count * q.topics.length;
  let timer;
  try {
    await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${missing} records are missing after 60 s`)), 60000);
      consumer.run({
        eachMessage: async ({ topic, message }) => {
          try {
            events[topic].push(await decode(topic, message.value));
          } catch (e) {
            reject(e);
          }
          missing--;
          if (missing === 0) resolve();
        },
      }).catch(reject);
    });
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
  return events;
};

// refusal is the client's own error, of class kind, as facts makes it.
exports.refusal = async (kind, facts, call) => {
  try {
    await call();
  } catch (e) {
    if (e.constructor.name === kind) return facts(e);
    throw e;
  }
  throw new Error('it was not refused');
};
