import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.SchemaMetadata;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.Config;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.Metadata;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.Rule;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.RuleKind;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.RuleMode;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.RuleSet;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.SchemaReference;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.SubjectVersion;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import org.apache.flink.avro.registry.confluent.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.avro.registry.confluent.shaded.org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.flink.avro.registry.confluent.shaded.org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.flink.avro.registry.confluent.shaded.org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.flink.avro.registry.confluent.shaded.org.apache.kafka.common.TopicPartition;
import org.apache.flink.avro.registry.confluent.shaded.org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.flink.avro.registry.confluent.shaded.org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericData;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericRecord;
import org.apache.flink.formats.avro.registry.confluent.ConfluentRegistryAvroDeserializationSchema;
import org.apache.flink.formats.avro.registry.confluent.ConfluentRegistryAvroSerializationSchema;

/**
 * Speaks to a registry with Confluent's client as Flink carries it, and to Kafka
 * with Flink's serializers. It answers each line of standard input, a request in
 * JSON, with a line: what the client got, or an error.
 */
public class Client {
    static final ObjectMapper JSON = new ObjectMapper();
    static final String PASSWORD = "only-certificates";

    interface Call {
        Object run() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Map<String, Object> answer = new HashMap<>();
            try {
                answer.put("got", answer(JSON.readTree(line)));
            } catch (Throwable e) {
                StringWriter trace = new StringWriter();
                e.printStackTrace(new PrintWriter(trace));
                answer.put("error", trace.toString());
            }
            out.println(JSON.writeValueAsString(answer));
        }
    }

    static Object answer(JsonNode q) throws Exception {
        switch (q.get("do").asText()) {
            case "calls": return calls(q);
            case "contracts": return contracts(q);
            case "secured": return secured(q);
            case "produce": return produce(q);
            case "consume": return consume(q);
            default: throw new IllegalArgumentException(q.get("do").asText());
        }
    }

    static CachedSchemaRegistryClient client(JsonNode server) throws Exception {
        return client(server, "", "");
    }

    static CachedSchemaRegistryClient client(JsonNode server, String user, String password) throws Exception {
        return new CachedSchemaRegistryClient(server.get("url").asText(), 100, config(server, user, password));
    }

    /** Settings as Flink hands them on; an empty user or password is the server's. */
    static Map<String, String> config(JsonNode server, String user, String password) throws Exception {
        Map<String, String> config = new HashMap<>();
        if (server.has("user")) {
            user = user.isEmpty() ? server.get("user").asText() : user;
            password = password.isEmpty() ? server.get("password").asText() : password;
            config.put("basic.auth.credentials.source", "USER_INFO");
            config.put("basic.auth.user.info", user + ":" + password);
        }
        if (server.has("ca")) {
            config.put("schema.registry.ssl.truststore.location", trustStore(server.get("ca").asText()));
            config.put("schema.registry.ssl.truststore.type", "PKCS12");
            config.put("schema.registry.ssl.truststore.password", PASSWORD);
        }
        return config;
    }

    /** A store with the certificate, beside its PEM file, in the form that Java reads. */
    static String trustStore(String pem) throws Exception {
        Path path = Files.createTempFile(Path.of(pem).getParent(), "trust", ".p12");
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (FileInputStream in = new FileInputStream(pem)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        try (FileOutputStream out = new FileOutputStream(path.toFile())) {
            store.store(out, PASSWORD.toCharArray());
        }
        return path.toString();
    }

    /** The client's own error: its status and its code. */
    static List<Integer> refusal(Call call) throws Exception {
        try {
            call.run();
        } catch (RestClientException e) {
            return List.of(e.getStatus(), e.getErrorCode());
        }
        throw new IllegalStateException("it was not refused");
    }

    static Object calls(JsonNode q) throws Exception {
        JsonNode server = q.get("server");
        CachedSchemaRegistryClient c = client(server);
        AvroSchema first = new AvroSchema(q.at("/schemas/first").asText());
        AvroSchema second = new AvroSchema(q.at("/schemas/second").asText());
        AvroSchema bad = new AvroSchema(q.at("/schemas/bad").asText());
        Map<String, Object> got = new LinkedHashMap<>();
        got.put("register", c.register("orders-value", first));
        got.put("again", client(server).register("orders-value", first));
        got.put("next", c.register("orders-value", second));
        got.put("lookup", List.of(client(server).getId("orders-value", second), client(server).getVersion("orders-value", second)));
        got.put("byID", JSON.readTree(client(server).getSchemaById(1).canonicalString()));
        SchemaMetadata latest = c.getLatestSchemaMetadata("orders-value");
        got.put("latest", List.of(latest.getId(), latest.getVersion()));
        got.put("versions", c.getAllVersions("orders-value"));
        got.put("compatible", c.testCompatibility("orders-value", second));
        got.put("incompatible", c.testCompatibility("orders-value", bad));
        got.put("refused", refusal(() -> c.register("orders-value", bad)));
        List<SchemaReference> order = List.of(new SchemaReference("shop.Order", "orders-value", 2));
        AvroSchema line = new AvroSchema(q.at("/schemas/line").asText(), order,
            Map.of("shop.Order", q.at("/schemas/second").asText()), null);
        got.put("line", c.register("lines", line));
        SchemaMetadata stored = client(server).getSchemaMetadata("lines", 1);
        got.put("references", referred(stored.getReferences()));
        // The text with everything inlined is the same schema.
        AvroSchema inlined = new AvroSchema(new Schema.Parser().parse(line.rawSchema().toString()));
        got.put("inlined", client(server).getId("lines", inlined));
        got.put("texts", client(server).getSchemas("lines", false, true).size());
        got.put("referred", refusal(() -> c.deleteSchemaVersion("orders-value", "2")));
        got.put("subjects", new TreeSet<>(c.getAllSubjects()));
        c.updateCompatibility("orders-value", "NONE");
        got.put("level", c.getCompatibility("orders-value"));
        got.put("atNone", c.register("orders-value", bad));
        got.put("noLevel", refusal(() -> c.getCompatibility("lines")));
        got.put("deleted", List.of(c.deleteSubject("lines"), c.deleteSubject("lines", true)));
        got.put("noSubject", refusal(() -> c.getLatestSchemaMetadata("lines")));
        got.put("noID", refusal(() -> c.getSchemaById(4711)));
        Schema auto = new Schema.Parser().parse(q.at("/schemas/auto").asText());
        GenericRecord value = new GenericData.Record(auto);
        value.put("n", 1L);
        ConfluentRegistryAvroSerializationSchema<GenericRecord> serializer =
            ConfluentRegistryAvroSerializationSchema.forGeneric("auto-value", auto, server.get("url").asText());
        got.put("auto", ByteBuffer.wrap(serializer.serialize(value)).getInt(1));
        return got;
    }

    static List<List<Object>> referred(Collection<SchemaReference> references) {
        List<List<Object>> list = new ArrayList<>();
        for (SchemaReference r : references) {
            list.add(List.of(r.getName(), r.getSubject(), r.getVersion()));
        }
        return list;
    }

    /** What a registry has beside texts: settings, metadata, rules, modes. */
    static Object contracts(JsonNode q) throws Exception {
        JsonNode server = q.get("server");
        CachedSchemaRegistryClient c = client(server);
        Config config = new Config("FULL");
        config.setCompatibilityGroup("major");
        config.setDefaultMetadata(new Metadata(null, Map.of("owner", "shop"), null));
        c.updateConfig("orders-value", config);
        config = c.getConfig("orders-value");
        Map<String, Object> got = new LinkedHashMap<>();
        got.put("config", List.of(config.getCompatibilityLevel(), config.getCompatibilityGroup(), config.getDefaultMetadata().getProperties()));
        Rule rule = new Rule("positive", null, RuleKind.CONDITION, RuleMode.WRITE, "CEL", null, null, "message.id > 0", null, null, false);
        AvroSchema schema = new AvroSchema(q.at("/schemas/first").asText(), List.of(), Map.of(),
            new Metadata(null, Map.of("major", "1"), null), new RuleSet(null, List.of(rule)), null, false);
        got.put("made", c.registerWithResponse("orders-value", schema, false).getId());
        SchemaMetadata stored = client(server).getSchemaMetadata("orders-value", 1);
        got.put("metadata", stored.getMetadata().getProperties());
        List<List<String>> rules = new ArrayList<>();
        for (Rule r : stored.getRuleSet().getDomainRules()) {
            rules.add(List.of(r.getName(), r.getKind().name(), r.getMode().name(), r.getExpr()));
        }
        got.put("rules", rules);
        Map<String, String> properties = Map.of("major", "1", "owner", "shop");
        got.put("latest", client(server).getLatestWithMetadata("orders-value", properties, false).getVersion());
        got.put("noLatest", refusal(() -> c.getLatestWithMetadata("orders-value", Map.of("major", "2"), false)));
        c.setMode("READONLY", "orders-value");
        got.put("mode", c.getMode("orders-value"));
        AvroSchema second = new AvroSchema(q.at("/schemas/second").asText());
        got.put("readOnly", refusal(() -> c.register("orders-value", second)));
        got.put("subjects", c.getAllSubjectsById(1));
        List<List<Object>> versions = new ArrayList<>();
        for (SubjectVersion v : c.getAllVersionsById(1)) {
            versions.add(List.of(v.getSubject(), v.getVersion()));
        }
        got.put("versions", versions);
        return got;
    }

    static Object secured(JsonNode q) throws Exception {
        JsonNode server = q.get("server");
        AvroSchema first = new AvroSchema(q.at("/schemas/first").asText());
        CachedSchemaRegistryClient reader = client(server, "reader", "");
        Map<String, Object> got = new LinkedHashMap<>();
        got.put("wrong", refusal(() -> client(server, "", "wrong").getAllSubjects()));
        got.put("register", client(server).register("orders-value", first));
        got.put("read", JSON.readTree(reader.getSchemaById(1).canonicalString()));
        got.put("readOnly", refusal(() -> reader.register("others-value", first)));
        return got;
    }

    static Object produce(JsonNode q) throws Exception {
        Schema schema = new Schema.Parser().parse(q.get("schema").asText());
        String topic = q.get("topic").asText();
        ConfluentRegistryAvroSerializationSchema<GenericRecord> serializer =
            ConfluentRegistryAvroSerializationSchema.forGeneric(
                topic + "-value", schema, q.at("/server/url").asText(), config(q.get("server"), "", ""));
        Map<String, Object> config = Map.of("bootstrap.servers", q.get("brokers").asText(), "acks", "all");
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (JsonNode event : q.get("events")) {
                byte[] key = event.get("message_id").asText().getBytes(StandardCharsets.UTF_8);
                byte[] value = serializer.serialize(record(schema, event));
                producer.send(new ProducerRecord<>(topic, key, value)).get(30, TimeUnit.SECONDS);
            }
        }
        return Map.of();
    }

    static GenericRecord record(Schema schema, JsonNode json) {
        GenericRecord record = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) {
            JsonNode value = json.get(field.name());
            switch (field.schema().getType()) {
                case RECORD: record.put(field.pos(), record(field.schema(), value)); break;
                case LONG: record.put(field.pos(), value.asLong()); break;
                default: record.put(field.pos(), value.asText());
            }
        }
        return record;
    }

    static Object consume(JsonNode q) throws Exception {
        Schema schema = new Schema.Parser().parse(q.get("schema").asText());
        ConfluentRegistryAvroDeserializationSchema<GenericRecord> deserializer =
            ConfluentRegistryAvroDeserializationSchema.forGeneric(schema, q.at("/server/url").asText(), config(q.get("server"), "", ""));
        Map<String, List<JsonNode>> events = new HashMap<>();
        List<TopicPartition> partitions = new ArrayList<>();
        for (JsonNode topic : q.get("topics")) {
            events.put(topic.asText(), new ArrayList<>());
            partitions.add(new TopicPartition(topic.asText(), 0));
        }
        int missing = q.get("count").asInt() * partitions.size();
        Map<String, Object> config = Map.of("bootstrap.servers", q.get("brokers").asText());
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); missing > 0; ) {
                for (ConsumerRecord<byte[], byte[]> r : consumer.poll(Duration.ofSeconds(1))) {
                    events.get(r.topic()).add(JSON.readTree(deserializer.deserialize(r.value()).toString()));
                    missing--;
                }
                if (missing > 0 && System.nanoTime() > end) {
                    throw new IllegalStateException(missing + " records are missing after 60 s");
                }
            }
        }
        return events;
    }
}
