package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
	sqlstore "github.com/schemactl/schemactl/registry/store/sql"
	"github.com/schemactl/schemactl/stream"
)

// parts are the servers of a run, the demo's own or given ones.
type parts struct {
	databaseURL string
	db          *gorm.DB
	foreign     bool   // nothing in the database is this run's: drop nothing
	newFile     string // the SQLite file that this run has made

	brokers []string
	broker  *kfake.Cluster
	lock    *os.File // on the broker's data folder
	client  *kgo.Client
	admin   *kadm.Client

	registryURL string
	registryDB  *gorm.DB
	server      *http.Server
	schemas     *sr.Client
}

// topics of the reference domain and the number of their partitions.
var topicNames = []string{"messages", "payments", "accounts"}

const partitions = 6

// openBroker reaches the given brokers, or hosts one in this process. With a
// data folder what it holds survives the process.
func (s *supervisor) openBroker(ctx context.Context, dataDir string) error {
	s.parts.brokers = s.cfg.Brokers
	if len(s.parts.brokers) == 0 {
		if dataDir == "" && s.cfg.Keep {
			dataDir = s.file("broker")
		}
		if err := s.hostBroker(dataDir); err != nil {
			return err
		}
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(s.parts.brokers...), kgo.ClientID("schemactl-demo"), kgo.MetadataMinAge(250*time.Millisecond))
	if err != nil {
		return fmt.Errorf("brokers %s: %w", strings.Join(s.parts.brokers, ","), err)
	}
	if err := stream.Ping(ctx, client); err != nil {
		client.Close()
		return err
	}
	s.parts.client, s.parts.admin = client, kadm.NewClient(client)
	return nil
}

func (s *supervisor) hostBroker(dataDir string) error {
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) { return net.Listen(network, "127.0.0.1:0") }), //nolint:noctx // the listener lives as long as the broker
	}
	if dataDir != "" {
		if err := os.MkdirAll(dataDir, 0o700); err != nil {
			return err
		}
		lock, err := lockFolder(dataDir)
		if err != nil {
			return err
		}
		s.parts.lock = lock
		opts = append(opts, kfake.DataDir(dataDir))
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		return fmt.Errorf("start the embedded broker: %w", err)
	}
	s.parts.broker = cluster
	s.parts.brokers = cluster.ListenAddrs()
	return nil
}

// lockFolder takes the broker's data folder for this process: the broker itself
// lets two processes write to one folder without a word.
func lockFolder(dir string) (*os.File, error) {
	f, err := dblock.File(dir + ".lock")
	if errors.Is(err, dblock.ErrHeld) {
		return nil, fmt.Errorf("another process has the broker's folder %s open: stop it first", dir)
	}
	return f, err
}

func (s *supervisor) closeBroker() error {
	if s.parts.client != nil {
		s.parts.client.Close()
	}
	if s.parts.broker != nil {
		s.parts.broker.Close()
	}
	if s.parts.lock != nil {
		return s.parts.lock.Close()
	}
	return nil
}

func (s *supervisor) createTopics(ctx context.Context) error {
	for _, name := range topicNames {
		var configs map[string]*string
		if name == "accounts" { // states: the newest of each account is enough
			configs = map[string]*string{"cleanup.policy": new("compact"), "min.compaction.lag.ms": new("86400000")}
		}
		if _, err := s.parts.admin.CreateTopic(ctx, partitions, -1, configs, s.prefix+name); err != nil {
			return fmt.Errorf("create topic %s: %w", s.prefix+name, err)
		}
	}
	return nil
}

// openRegistry uses the given registry, or serves one on a free port.
func (s *supervisor) openRegistry(ctx context.Context) error {
	s.parts.registryURL = strings.TrimRight(s.cfg.RegistryURL, "/")
	if s.parts.registryURL == "" {
		if err := s.hostRegistry(ctx); err != nil {
			return fmt.Errorf("start the registry: %w", err)
		}
	}
	client, err := registryClient(s.parts.registryURL)
	if err != nil {
		return err
	}
	if _, err := client.Subjects(ctx); err != nil {
		return fmt.Errorf("no registry answers at %s: %s (is it running, and is --registry-url right?)",
			database.Redact(s.parts.registryURL), database.WithoutSecret(err.Error(), s.parts.registryURL))
	}
	s.parts.schemas = client
	return nil
}

// registryClient is the audit's own client of a registry. Its errors quote the
// URL, which therefore goes in without the password.
func registryClient(address string) (*sr.Client, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("registry URL %s cannot be read", database.Redact(address))
	}
	opts := []sr.ClientOpt{sr.UserAgent("schemactl-demo")}
	if password, ok := u.User.Password(); ok {
		opts = append(opts, sr.BasicAuth(u.User.Username(), password))
	}
	u.User = nil
	return sr.NewClient(append(opts, sr.URLs(u.String()))...)
}

func (s *supervisor) hostRegistry(ctx context.Context) error {
	db, err := database.Open(ctx, "sqlite:"+s.file("registry.db"))
	if err != nil {
		return err
	}
	s.parts.registryDB = db
	store, err := sqlstore.New(ctx, db)
	if err != nil {
		return err
	}
	reg, err := registry.New(store)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.parts.server = &http.Server{Handler: httpapi.NewHandler(reg), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.parts.server.Serve(listener) }() // ends in closeRegistry
	s.parts.registryURL = "http://" + listener.Addr().String()
	return nil
}

func (s *supervisor) closeRegistry(ctx context.Context) error {
	var err error
	if s.parts.server != nil {
		err = s.parts.server.Shutdown(ctx)
	}
	if s.parts.registryDB != nil {
		err = errors.Join(err, database.Close(s.parts.registryDB))
	}
	return err
}

// removeFromServers removes what the run made on servers that are not its own:
// tables, topics, groups and subjects. Parts of its own vanish with their folder.
func (s *supervisor) removeFromServers(ctx context.Context) error {
	var errs []error
	if s.cfg.DatabaseURL != "" && s.parts.db != nil && !s.parts.foreign {
		errs = append(errs, dropTables(ctx, s.parts.db))
	}
	if len(s.cfg.Brokers) > 0 && s.parts.admin != nil {
		errs = append(errs, s.removeFromBroker(ctx))
	}
	if s.cfg.RegistryURL != "" && s.parts.schemas != nil {
		errs = append(errs, s.removeSubjects(ctx))
	}
	return errors.Join(errs...)
}

func (s *supervisor) removeFromBroker(ctx context.Context) error {
	var errs []error
	topics, err := s.parts.admin.DeleteTopics(ctx, s.withPrefix(topicNames)...)
	errs = append(errs, err)
	for _, t := range topics.Sorted() {
		if t.Err != nil && !strings.Contains(t.Err.Error(), "UNKNOWN_TOPIC") {
			errs = append(errs, fmt.Errorf("delete topic %s: %w", t.Topic, t.Err))
		}
	}
	for _, name := range appNames {
		// A static member stays in its group for a session after its process has
		// ended, and a group with members cannot be deleted. One that never joined
		// is no error.
		if _, err := s.parts.admin.LeaveGroup(ctx, kadm.LeaveGroup(s.prefix+name).InstanceIDs(name+"-1")); err != nil && ctx.Err() != nil {
			errs = append(errs, err)
		}
	}
	groups, err := s.parts.admin.DeleteGroups(ctx, s.withPrefix(appNames)...)
	errs = append(errs, err)
	for _, g := range groups.Sorted() {
		if g.Err != nil && !strings.Contains(g.Err.Error(), "GROUP_ID_NOT_FOUND") {
			errs = append(errs, fmt.Errorf("delete group %s: %w", g.Group, g.Err))
		}
	}
	return errors.Join(errs...)
}

func (s *supervisor) removeSubjects(ctx context.Context) error {
	subjects, err := s.subjects(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, subject := range subjects {
		for _, how := range []sr.DeleteHow{sr.SoftDelete, sr.HardDelete} {
			if _, err := s.parts.schemas.DeleteSubject(ctx, subject, how); err != nil {
				errs = append(errs, fmt.Errorf("delete subject %s: %w", subject, err))
			}
		}
	}
	return errors.Join(errs...)
}

// subjects are the subjects of this run.
func (s *supervisor) subjects(ctx context.Context) ([]string, error) {
	all, err := s.parts.schemas.Subjects(ctx)
	if err != nil {
		return nil, fmt.Errorf("list subjects: %w", err)
	}
	var own []string
	for _, subject := range all {
		if strings.HasPrefix(subject, s.prefix) {
			own = append(own, subject)
		}
	}
	return own, nil
}

func (s *supervisor) withPrefix(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = s.prefix + n
	}
	return out
}
