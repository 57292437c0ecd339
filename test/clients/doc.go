// Package clients holds the tests that let registry clients of others, unchanged,
// speak to a running server and exchange events over Kafka: with each other, and
// with package stream. The programs in testdata are what an application would
// write with such a client; they answer what they got, and the tests compare.
package clients
