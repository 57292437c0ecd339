import com.fasterxml.jackson.databind.ObjectMapper;
import io.debezium.embedded.Connect;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import java.io.FileReader;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.HeaderConverter;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;

/**
 * Runs a connector with the properties of a file, its transforms included, and
 * prints each record as Kafka would get it, a line of JSON with bytes in base64. It
 * ends with its standard input.
 */
public class Debezium {
    static final ObjectMapper JSON = new ObjectMapper();

    final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    final Converter keys;
    final Converter values;
    final HeaderConverter headers;

    public static void main(String[] args) throws Exception {
        Properties options = new Properties();
        try (Reader file = new FileReader(args[0], StandardCharsets.UTF_8)) {
            options.load(file);
        }
        Debezium printer = new Debezium(options);
        DebeziumEngine<ChangeEvent<SourceRecord, SourceRecord>> engine = DebeziumEngine.create(Connect.class)
            .using(options)
            .using((success, message, error) -> ended(success, message, error))
            .notifying((records, committer) -> {
                for (ChangeEvent<SourceRecord, SourceRecord> r : records) {
                    printer.print(r.value());
                    committer.markProcessed(r);
                }
                committer.markBatchFinished();
            })
            .build();
        Thread thread = new Thread(engine);
        thread.start();
        while (System.in.read() >= 0) {
            // nothing is asked
        }
        engine.close();
        thread.join();
    }

    static void ended(boolean success, String message, Throwable error) {
        if (!success) {
            System.err.println(message);
            if (error != null) {
                error.printStackTrace();
            }
            Runtime.getRuntime().halt(1);
        }
    }

    /** The engine hands records out before they are bytes, so the converters are made here, as a worker of Kafka Connect does. */
    Debezium(Properties options) throws Exception {
        keys = make(options, "key.converter", null, Converter.class);
        keys.configure(under(options, "key.converter."), true);
        values = make(options, "value.converter", null, Converter.class);
        values.configure(under(options, "value.converter."), false);
        headers = make(options, "header.converter", SimpleHeaderConverter.class.getName(), HeaderConverter.class);
        Map<String, Object> config = under(options, "header.converter.");
        config.put("converter.type", "header");
        headers.configure(config);
    }

    static <T> T make(Properties options, String name, String usual, Class<T> type) throws Exception {
        return type.cast(Class.forName(options.getProperty(name, usual)).getDeclaredConstructor().newInstance());
    }

    static Map<String, Object> under(Properties options, String prefix) {
        Map<String, Object> found = new HashMap<>();
        for (String name : options.stringPropertyNames()) {
            if (name.startsWith(prefix)) {
                found.put(name.substring(prefix.length()), options.getProperty(name));
            }
        }
        return found;
    }

    void print(SourceRecord r) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("topic", r.topic());
        line.put("partition", r.kafkaPartition());
        line.put("key", keys.fromConnectData(r.topic(), r.keySchema(), r.key()));
        line.put("value", values.fromConnectData(r.topic(), r.valueSchema(), r.value()));
        List<Object> all = new ArrayList<>();
        for (Header h : r.headers()) {
            Map<String, Object> header = new LinkedHashMap<>();
            header.put("name", h.key());
            header.put("value", headers.fromConnectHeader(r.topic(), h.key(), h.schema(), h.value()));
            all.add(header);
        }
        line.put("headers", all);
        try {
            out.println(JSON.writeValueAsString(line));
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
