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

	"github.com/schemactl/schemactl/internal/testenv/server"
)

// install brings what the parts need and this machine has not. It never fails:
// what is still missing afterwards, Start reports.
func install(ctx context.Context, parts []server.Part, say *printer) {
	needJars := false
	var packages []string
	for _, p := range parts {
		switch p {
		case server.Postgres:
			packages = append(packages, ifMissing(server.Look(ctx, p), "postgresql")...)
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
