package testenv

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/schemactl/schemactl/internal/testenv/server"
)

// Kafka returns the brokers of a real Apache Kafka, which does not make topics
// by itself. All tests share it: begin every topic and group with a
// [TopicPrefix].
func Kafka(tb testing.TB) []string {
	tb.Helper()
	return strings.Split(address(tb, server.Kafka), ",")
}

// KFake returns the brokers of an in-process cluster of the test's own, with one
// broker; it ends with the test. Topics are not made by themselves, as in [Kafka].
func KFake(tb testing.TB) []string {
	tb.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DefaultNumPartitions(4))
	if err != nil {
		tb.Fatalf("start the in-process broker: %v", err)
	}
	tb.Cleanup(cluster.Close)
	return cluster.ListenAddrs()
}

// TopicPrefix is the start of the names of this test's topics and groups, ends
// in a dot and is unlike any other.
func TopicPrefix(tb testing.TB) string {
	tb.Helper()
	return "t-" + strings.ToLower(rand.Text()[:12]) + "."
}
