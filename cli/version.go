package cli

import (
	"fmt"
	"io/fs"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"gorm.io/gorm/schema"
)

// versionInfo is the JSON of `version --output json`.
type versionInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	// What this binary carries: tables of the models, names of the sources,
	// files of the schemas.
	Models  []string `json:"models"`
	Sources []string `json:"sources"`
	Schemas []string `json:"schemas"`
}

func newVersionCommand(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this binary",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info := readVersion()
			if err := info.carry(env.Project); err != nil {
				return err
			}
			if output == FormatJSON {
				return PrintJSON(env.Out, info)
			}
			_, err := fmt.Fprintf(env.Out, "%s %s %s %s\ncarries %d models, %d sources of migrations, %d schema files\n",
				env.Project.Name, info.Version, info.Go, info.Platform, len(info.Models), len(info.Sources), len(info.Schemas))
			return err
		},
	}
	OutputFlag(cmd, &output)
	return cmd
}

// carry adds what the project's binary carries.
func (v *versionInfo) carry(p Project) error {
	v.Models, v.Sources, v.Schemas = []string{}, []string{}, []string{}
	for _, m := range p.Models {
		s, err := schema.Parse(m, &sync.Map{}, schema.NamingStrategy{})
		if err != nil {
			return fmt.Errorf("model %T: %w", m, err)
		}
		v.Models = append(v.Models, s.Table)
	}
	for _, s := range p.Sources {
		v.Sources = append(v.Sources, s.Name())
	}
	if p.Schemas == nil {
		return nil
	}
	return fs.WalkDir(p.Schemas, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".avsc") {
			v.Schemas = append(v.Schemas, path)
		}
		return err
	})
}

// readVersion reads what the Go tool wrote into the binary: the module's version
// when it was built by go install or as a tool, else "(devel)".
func readVersion() versionInfo {
	info := versionInfo{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return info
	}
	if build.Main.Version != "" {
		info.Version = build.Main.Version
	}
	for _, s := range build.Settings {
		switch s.Key {
		case "vcs.revision":
			info.Revision = s.Value
		case "vcs.modified":
			info.Modified = s.Value == "true"
		}
	}
	return info
}
