// Package avro holds the Avro schemas of the reference domain, the source of
// truth for its events. Package events is generated from them.
package avro

import "embed"

// FS holds every schema file: shared/ has the types that several events use,
// events/ one file per event.
//
//go:embed shared/*.avsc events/*.avsc
var FS embed.FS
