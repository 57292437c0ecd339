// Package topics compares the topics that a project declares with those of a
// Kafka cluster, and makes what is missing.
//
// [Compare] says what differs, [Apply] does what can be done without harm: it
// makes topics, alters settings one by one and, when it is told to, adds
// partitions. It never deletes a topic, a partition or a setting. Any number of
// processes may apply the same declaration at once.
package topics
