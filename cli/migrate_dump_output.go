package cli

import "fmt"

// dumpJSON is the JSON of `migrate dump`.
type dumpJSON struct {
	File     string `json:"file"`
	Snapshot string `json:"snapshot,omitempty"`
}

// printDump writes a snapshot to the file, or shows it.
func (o *migrateOptions) printDump(env *Env, file string, text []byte) error {
	if file != "" {
		if err := replaceFile(file, text); err != nil {
			return err
		}
		text = nil
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, dumpJSON{file, string(text)})
	}
	_, err := fmt.Fprintf(env.Out, "%s", text)
	return err
}
