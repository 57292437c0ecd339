package kafkastore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// batchBytes bounds a batch that has more than one record; the usual limit of a
	// broker is 1 MiB.
	batchBytes = 512 << 10
	// compressFrom is the size from which a batch is compressed, which keeps large
	// texts below that limit.
	compressFrom = 64 << 10
	// around is what a record has beside its key and value, at most.
	around = 40
	// head is what a batch has beside its records.
	head = 61
)

// batchSize is how many of the lines, at least one, go into one batch, which may have
// that many bytes.
func batchSize(lines []line, most int) int {
	size := 0
	for i, line := range lines {
		if size += len(line.key) + len(line.value) + around; size > min(batchBytes, most) && i > 0 {
			return i
		}
	}
	return len(lines)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batch prints lines as a part of the writer's transaction.
func (l *topicLog) batch(lines []line) []byte {
	first := lines[0].record.Time.UnixMilli()
	last := first
	var records, one []byte
	for i, line := range lines {
		at := line.record.Time.UnixMilli()
		last = max(last, at)
		one = append(one[:0], 0) // attributes
		one = kbin.AppendVarlong(one, at-first)
		one = kbin.AppendVarint(one, int32(i))
		one = kbin.AppendVarintBytes(one, line.key)
		one = kbin.AppendVarintBytes(one, line.value)
		one = kbin.AppendVarint(one, 0) // headers
		records = append(kbin.AppendVarint(records, int32(len(one))), one...)
	}
	const transactional = 1 << 4
	records, codec := l.compressed(records)
	attributes := int16(transactional) | int16(codec)
	b := kmsg.RecordBatch{
		PartitionLeaderEpoch: -1, Magic: 2, Attributes: attributes,
		LastOffsetDelta: int32(len(lines) - 1), FirstTimestamp: first, MaxTimestamp: last,
		ProducerID: l.writer.id, ProducerEpoch: l.writer.epoch, FirstSequence: l.writer.sequence,
		NumRecords: int32(len(lines)), Records: records,
	}
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-12))                   // what follows the length
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], castagnoli)) // of what follows it
	return raw
}

// compressed is what a batch has of records.
func (l *topicLog) compressed(records []byte) ([]byte, kgo.CompressionCodecType) {
	if l.compressor == nil || len(records) < compressFrom {
		return records, 0
	}
	return l.compressor.Compress(new(bytes.Buffer), records)
}

// Scale implements replica.Log: a record counts as it is when the topic has room for
// that, else as it is when it is compressed. A key may have other spellings, which
// are a little longer.
func (l *topicLog) Scale(key, value []byte) (size, most int) {
	const spelling = 256
	most = l.limits.batch - head - around - spelling
	if size = len(key) + len(value); size > most {
		packed, _ := l.compressed(append(append(make([]byte, 0, size), key...), value...))
		size = len(packed)
	}
	return size, most
}

// produce answers the offset of the first line.
func (l *topicLog) produce(ctx context.Context, lines []line) (int64, error) {
	b, err := l.broker(ctx)
	if err != nil {
		return 0, err
	}
	part := kmsg.NewProduceRequestTopicPartition()
	part.Records = l.batch(lines)
	topic := kmsg.NewProduceRequestTopic()
	topic.Topic, topic.Partitions = l.topic, append(topic.Partitions, part)
	req := kmsg.NewPtrProduceRequest()
	req.TransactionID, req.Acks, req.TimeoutMillis = new(l.writerID), -1, int32(answerWithin.Milliseconds())
	req.Topics = append(req.Topics, topic)
	answer, err := b.RetriableRequest(ctx, req)
	if err != nil {
		return 0, fmt.Errorf("write to topic %q: %w", l.topic, err)
	}
	resp, ok := answer.(*kmsg.ProduceResponse)
	if !ok || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return 0, fmt.Errorf("write to topic %q: the broker answers nothing of it", l.topic)
	}
	p := resp.Topics[0].Partitions[0]
	l.writer.sequence += int32(len(lines))
	return p.BaseOffset, failure("write", l.topic, p.ErrorCode)
}
