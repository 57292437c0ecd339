package codec

// SubjectNaming gives the registry subject of a schema on a topic. The three
// strategies of the ecosystem follow; a topic's producers must agree on one.
type SubjectNaming func(topic string, s *Schema) string

// TopicName is <topic>-value: one schema evolves on the topic. The default.
func TopicName(topic string, _ *Schema) string { return topic + "-value" }

// RecordName is the schema's full name: one history for the event on all topics.
func RecordName(_ string, s *Schema) string { return s.Name() }

// TopicRecordName is <topic>-<full name>: several event types share a topic,
// each with a history of its own.
func TopicRecordName(topic string, s *Schema) string { return topic + "-" + s.Name() }
