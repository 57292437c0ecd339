import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.SchemaParser;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.RandomData;

/**
 * Answers questions about Avro with Apache Avro for Java: one JSON object per line in, one out. The program ends when its input does.
 */
public final class Oracle {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.write(JSON.writeValueAsString(answer(JSON.readTree(line))));
      out.newLine();
      out.flush();
    }
  }

  private static ObjectNode answer(JsonNode question) {
    ObjectNode answer = JSON.createObjectNode();
    try {
      if (question.path("op").asText().equals("files")) {
        files(question, answer.putObject("types"));
        return answer;
      }
      if (question.path("op").asText().equals("verdicts")) {
        for (JsonNode pair : question.path("pairs")) {
          verdict(pair, answer.withArray("verdicts").addObject());
        }
        return answer;
      }
      if (question.path("op").asText().equals("valid")) {
        for (JsonNode text : question.path("files")) {
          answer.withArray("refusals").add(refusal(text.asText()));
        }
        return answer;
      }
      Schema writer = new Schema.Parser().parse(question.path("writer").asText());
      switch (question.path("op").asText()) {
        case "describe":
          describe(writer, answer);
          break;
        case "again":
          resolve(question, writer, writer, answer.putArray("values"));
          break;
        case "resolve":
          resolve(question, writer, new Schema.Parser().parse(question.path("reader").asText()), answer.putArray("values"));
          break;
        case "compatible":
          compatible(writer, new Schema.Parser().parse(question.path("reader").asText()), answer);
          break;
        case "random":
          random(question, writer, answer.putArray("values"));
          break;
        default:
          throw new IllegalArgumentException("unknown op");
      }
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      answer.put("error", e.toString());
    }
    return answer;
  }

  /** Why a text is no schema by strict rules, or "". */
  private static String refusal(String text) {
    try {
      new Schema.Parser(NameValidator.STRICT_VALIDATOR).setValidateDefaults(true).parse(text);
      return "";
    } catch (Exception | StackOverflowError e) {
      return e.toString();
    }
  }

  /** All named types of files that may mention each other's in any order. */
  private static void files(JsonNode question, ObjectNode types) throws Exception {
    SchemaParser parser = new SchemaParser();
    for (JsonNode file : question.path("files")) {
      parser.parse(file.asText());
    }
    for (Schema schema : parser.getParsedNamedSchemas()) {
      describe(schema, types.putObject(schema.getFullName()));
    }
  }

  private static void describe(Schema schema, ObjectNode answer) throws Exception {
    answer.put("canonical", SchemaNormalization.toParsingForm(schema));
    answer.put("crc64", String.format("%016x", SchemaNormalization.parsingFingerprint64(schema)));
    answer.put("md5", HexFormat.of().formatHex(SchemaNormalization.parsingFingerprint("MD5", schema)));
    answer.put("sha256", HexFormat.of().formatHex(SchemaNormalization.parsingFingerprint("SHA-256", schema)));
  }

  private static void compatible(Schema writer, Schema reader, ObjectNode answer) {
    SchemaCompatibility.SchemaPairCompatibility pair = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer);
    answer.put("compatible", pair.getType() == SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE);
    answer.put("why", pair.getResult().getIncompatibilities().toString());
  }

  private static void verdict(JsonNode pair, ObjectNode answer) {
    Schema writer;
    Schema reader;
    try {
      writer = parsed(pair.path(0).asText());
      reader = parsed(pair.path(1).asText());
    } catch (Exception | StackOverflowError e) {
      answer.put("unread", e.toString());
      return;
    }
    try {
      ArrayNode findings = answer.putArray("findings");
      for (SchemaCompatibility.Incompatibility i : SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getResult()
          .getIncompatibilities()) {
        findings.addArray().add(i.getType().name()).add(i.getLocation()).add(i.getMessage());
      }
    } catch (Exception | StackOverflowError e) {
      answer.put("error", e.toString());
    }
  }

  /** Pairs are asked about in both directions, one after the other. */
  private static final Map<String, Schema> PARSED = new HashMap<>();

  private static Schema parsed(String text) {
    Schema schema = PARSED.get(text);
    if (schema == null) {
      schema = new Schema.Parser().parse(text);
      if (PARSED.size() > 3) {
        PARSED.clear();
      }
      PARSED.put(text, schema);
    }
    return schema;
  }

  private static void resolve(JsonNode question, Schema writer, Schema reader, ArrayNode values) {
    GenericData data = data(question.path("logical").asBoolean());
    GenericDatumReader<Object> from = new GenericDatumReader<>(writer, reader, data);
    GenericDatumWriter<Object> to = new GenericDatumWriter<>(reader, data);
    for (JsonNode value : question.path("values")) {
      ObjectNode one = values.addObject();
      try {
        byte[] bytes = Base64.getDecoder().decode(value.asText());
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
        Object datum = from.read(null, decoder);
        if (!decoder.isEnd()) {
          throw new IOException("bytes follow the value");
        }
        one.put("bytes", encode(to, datum));
      } catch (Exception | StackOverflowError e) {
        one.put("error", e.toString());
      }
    }
  }

  private static void random(JsonNode question, Schema schema, ArrayNode values) throws IOException {
    GenericDatumWriter<Object> to = new GenericDatumWriter<>(schema, data(false));
    for (Object datum : new RandomData(schema, question.path("count").asInt(), question.path("seed").asLong(), true)) {
      values.addObject().put("bytes", encode(to, fit(schema, datum)));
    }
  }

  /** Makes a value of base types one of logical types, of which RandomData knows only some. */
  private static Object fit(Schema schema, Object datum) {
    switch (schema.getType()) {
      case RECORD:
        IndexedRecord record = (IndexedRecord) datum;
        for (Schema.Field f : schema.getFields()) {
          record.put(f.pos(), fit(f.schema(), record.get(f.pos())));
        }
        return record;
      case ARRAY:
        List<Object> items = new ArrayList<>();
        ((Collection<?>) datum).forEach(item -> items.add(fit(schema.getElementType(), item)));
        return items;
      case MAP:
        Map<Object, Object> entries = new HashMap<>();
        ((Map<?, ?>) datum).forEach((key, item) -> entries.put(key, fit(schema.getValueType(), item)));
        return entries;
      case UNION:
        return fit(schema.getTypes().get(GenericData.get().resolveUnion(schema, datum)), datum);
      default:
        LogicalType logical = schema.getLogicalType();
        return logical == null ? datum : fit(schema, logical, datum);
    }
  }

  private static Object fit(Schema schema, LogicalType logical, Object datum) {
    switch (logical.getName()) {
      case "uuid":
        return datum instanceof CharSequence ? UUID.nameUUIDFromBytes(datum.toString().getBytes(StandardCharsets.UTF_8)).toString() : datum;
      case "time-millis":
        return Math.floorMod((Integer) datum, 86_400_000);
      case "time-micros":
        return Math.floorMod((Long) datum, 86_400_000_000L);
      case "decimal":
        LogicalTypes.Decimal decimal = (LogicalTypes.Decimal) logical;
        BigDecimal number = new BigDecimal(number(datum).remainder(BigInteger.TEN.pow(decimal.getPrecision())), decimal.getScale());
        Conversions.DecimalConversion to = new Conversions.DecimalConversion();
        return schema.getType() == Schema.Type.FIXED ? to.toFixed(number, schema, logical) : to.toBytes(number, schema, logical);
      case "big-decimal":
        return new Conversions.BigDecimalConversion().toBytes(new BigDecimal(number(datum), 3), schema, logical);
      default:
        return datum;
    }
  }

  private static BigInteger number(Object datum) {
    byte[] bytes = datum instanceof ByteBuffer ? ((ByteBuffer) datum).array() : ((GenericFixed) datum).bytes();
    return bytes.length == 0 ? BigInteger.ZERO : new BigInteger(bytes);
  }

  private static String encode(GenericDatumWriter<Object> to, Object datum) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    to.write(datum, encoder);
    encoder.flush();
    return Base64.getEncoder().encodeToString(out.toByteArray());
  }

  /**
   * Without conversions, logical types are left as their base types. It must be GenericData itself: for subclasses Avro takes its other,
   * slower reader, which fails on some recursive schemas and arrays.
   */
  private static GenericData data(boolean logical) {
    GenericData data = new GenericData();
    if (logical) {
      data.addLogicalTypeConversion(new Conversions.DecimalConversion());
      data.addLogicalTypeConversion(new Conversions.BigDecimalConversion());
      data.addLogicalTypeConversion(new Conversions.UUIDConversion());
      data.addLogicalTypeConversion(new TimeConversions.DateConversion());
      data.addLogicalTypeConversion(new TimeConversions.TimeMillisConversion());
      data.addLogicalTypeConversion(new TimeConversions.TimeMicrosConversion());
      data.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
      data.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
      data.addLogicalTypeConversion(new TimeConversions.TimestampNanosConversion());
      data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMillisConversion());
      data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMicrosConversion());
      data.addLogicalTypeConversion(new TimeConversions.LocalTimestampNanosConversion());
    }
    return data;
  }
}
