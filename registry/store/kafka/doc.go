// Package kafkastore keeps a registry's schemas in a topic.
package kafkastore
