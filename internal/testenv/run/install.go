//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"

	"github.com/schemactl/schemactl/internal/testenv/server"
)

// install brings what the parts need and this machine has not, and Apache Avro and
// the clients when they are asked for. It never fails: what is still missing
// afterwards, Start and the tests that need those report.
func install(ctx context.Context, parts []server.Part, opts options, say *printer) {
	needJars := false
	var packages []string
	if opts.avro {
		packages = server.AvroPackages(ctx)
	}
	if opts.clients {
		packages = append(packages, server.ClientPackages(ctx)...)
	}
	for _, p := range parts {
		switch p {
		case server.Postgres:
			packages = append(packages, ifMissing(server.Look(ctx, p), "postgresql")...)
			packages = append(packages, ifMissing(server.LookBouncer(), "pgbouncer")...)
		case server.MariaDB:
			packages = append(packages, ifMissing(server.Look(ctx, p), "mariadb-server")...)
		case server.Kafka:
			if _, err := server.Java(ctx); err != nil {
				packages = append(packages, "default-jre-headless")
			}
			if _, err := server.KafkaJars(); err != nil {
				needJars = true
				if _, err := exec.LookPath("mvn"); err != nil {
					packages = append(packages, "maven")
				}
			}
		}
	}
	slices.Sort(packages)
	packages = slices.Compact(packages)
	if len(packages) > 0 {
		if err := installPackages(ctx, packages, say); err != nil {
			say.line("install %s: %v", strings.Join(packages, " "), err)
		}
	}
	if needJars {
		say.line("fetching Apache Kafka %s by Maven", server.KafkaVersion)
		if err := server.FetchKafkaJars(ctx); err != nil {
			say.line("%v", err)
		}
	}
	if opts.avro {
		fetchAvro(ctx, say)
	}
	if opts.clients {
		fetchClients(ctx, say)
	}
}

// fetchAvro brings Apache Avro into the cache, so that a slow network takes none
// of a test's time.
func fetchAvro(ctx context.Context, say *printer) {
	if _, _, err := server.AvroJava(ctx); err != nil {
		say.line("%s: its tests will not run: %v", avro, err)
	}
	if _, _, err := server.AvroPython(ctx); err != nil {
		say.line("%s: its tests will not run: %v", avro, err)
	}
}

// fetchClients brings the clients into the cache, side by side.
func fetchClients(ctx context.Context, say *printer) {
	var wg sync.WaitGroup
	for _, fetch := range []func(context.Context) error{
		func(ctx context.Context) error { _, _, err := server.ClientsNode(ctx); return err },
		func(ctx context.Context) error { _, _, err := server.ClientPython(ctx); return err },
		func(ctx context.Context) error { _, _, err := server.ClientJava(ctx); return err },
		func(ctx context.Context) error { _, _, err := server.Debezium(ctx); return err },
	} {
		wg.Go(func() {
			if err := fetch(ctx); err != nil {
				say.line("%s: its tests will not run: %v", clients, err)
			}
		})
	}
	wg.Wait()
}

func ifMissing(err error, name string) []string {
	if _, lacking := errors.AsType[*server.UnavailableError](err); lacking {
		return []string{name}
	}
	return nil
}

// installPackages asks apt-get twice: the package lists of a new machine may be
// missing or old.
func installPackages(ctx context.Context, packages []string, say *printer) error {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return errors.New("apt-get is not here, install them by hand")
	}
	var sudo []string
	if os.Geteuid() != 0 {
		sudo = []string{"sudo", "-n"}
		if err := exec.CommandContext(ctx, "sudo", "-n", "true").Run(); err != nil {
			return errors.New("not root, and sudo asks for a password; install them by hand")
		}
	}
	apt := func(args ...string) error {
		words := slices.Concat(sudo, []string{"env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"}, args)
		say.line("%s", strings.Join(words, " "))
		cmd := exec.CommandContext(ctx, words[0], words[1:]...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			return fmt.Errorf("%w: %s", err, strings.Join(lines[max(0, len(lines)-5):], " / "))
		}
		return nil
	}
	arguments := append([]string{"install", "--no-install-recommends"}, packages...)
	if err := apt(arguments...); err == nil {
		return nil
	}
	if err := apt("update"); err != nil {
		return err
	}
	return apt(arguments...)
}
