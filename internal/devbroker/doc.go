// Package devbroker serves Kafka's protocol from this process, with its records in a
// folder: a broker for development and tests, of one node and without sign-in. A
// folder has one broker at a time.
package devbroker
