package server

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const oldestJava = 17

func findKafka(ctx context.Context) (finder, error) {
	java, err := Java(ctx)
	if err != nil {
		return nil, err
	}
	jars, err := KafkaJars()
	if err != nil {
		return nil, err
	}
	return func(dir string, ports []int) (recipe, error) { return kafkaRecipe(java, jars, dir, ports[0], ports[1]) }, nil
}

// Java finds a Java runtime that Kafka runs on: JAVA_HOME's, else the one in
// PATH. It returns an *UnavailableError when there is none.
func Java(ctx context.Context) (string, error) {
	none := &UnavailableError{Part: Kafka, Hint: fmt.Sprintf("install a Java runtime, version %d or newer, such as the package default-jre-headless", oldestJava)}
	java := filepath.Join(os.Getenv("JAVA_HOME"), "bin", "java")
	if os.Getenv("JAVA_HOME") == "" || !executable(java) {
		if java = program("java"); java == "" {
			none.Reason = "java is neither in JAVA_HOME nor in PATH"
			return "", none
		}
	}
	out, err := exec.CommandContext(ctx, java, "-version").CombinedOutput()
	if err != nil {
		none.Reason = fmt.Sprintf("%s -version: %v", java, err)
		return "", none
	}
	m := regexp.MustCompile(`version "(\d+)`).FindSubmatch(out)
	if m == nil {
		none.Reason = fmt.Sprintf("%s -version names no version", java)
		return "", none
	}
	if version, err := strconv.Atoi(string(m[1])); err != nil || version < oldestJava {
		none.Reason = fmt.Sprintf("%s is version %s", java, m[1])
		return "", none
	}
	return java, nil
}

// kafkaRecipe is one node, broker and controller at once, sized for tests.
func kafkaRecipe(java, jars, dir string, port, controller int) (recipe, error) {
	id, err := clusterID()
	if err != nil {
		return recipe{}, err
	}
	broker := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	properties := filepath.Join(dir, "server.properties")
	classes := filepath.Join(jars, "*")
	return recipe{
		from: jars, value: broker, signal: "KILL",
		files: map[string]string{"server.properties": kafkaProperties(dir, broker, net.JoinHostPort("127.0.0.1", strconv.Itoa(controller)))},
		prepare: []string{
			java, "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
			"-cp", classes, "kafka.tools.StorageTool", "format", "-t", id, "-c", properties, "--standalone",
		},
		serve: []string{
			java, "-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
			"-cp", classes, "kafka.Kafka", properties,
		},
		probe: func(ctx context.Context) error { return sameCluster(ctx, broker, id) },
	}, nil
}

// kafkaProperties: the last two lines shorten a restart after kill -9, where the
// old registration has to run out first, from 14 s to 5.5 s.
func kafkaProperties(dir, broker, controller string) string {
	return fmt.Sprintf(`process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=%[2]s
listeners=PLAINTEXT://%[1]s,CONTROLLER://%[2]s
advertised.listeners=PLAINTEXT://%[1]s,CONTROLLER://%[2]s
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=%[3]s
num.network.threads=2
num.io.threads=4
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
log.cleaner.threads=1
log.cleaner.backoff.ms=1000
log.cleaner.dedupe.buffer.size=8388608
log.segment.bytes=67108864
auto.create.topics.enable=false
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=300
`, broker, controller, filepath.Join(dir, "data"))
}

// clusterID is 16 random bytes as Kafka writes them; its tools refuse a leading dash.
func clusterID() (string, error) {
	for {
		raw := make([]byte, 16)
		if _, err := rand.Read(raw); err != nil {
			return "", err
		}
		if id := base64.RawURLEncoding.EncodeToString(raw); !strings.HasPrefix(id, "-") {
			return id, nil
		}
	}
}

// sameCluster makes a client for each question: a client answers from its cache,
// and an answer that it got while the cluster formed stays there.
func sameCluster(ctx context.Context, broker, want string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.RetryTimeout(0), kgo.RequestRetries(0))
	if err != nil {
		return err
	}
	defer client.Close()
	m, err := kadm.NewClient(client).BrokerMetadata(ctx)
	if err != nil {
		return err
	}
	if m.Cluster != want {
		return fmt.Errorf("%w: cluster %q, ours is %q", errStranger, m.Cluster, want)
	}
	if len(m.Brokers) != 1 {
		return fmt.Errorf("%d brokers are up, want 1", len(m.Brokers))
	}
	return nil
}
