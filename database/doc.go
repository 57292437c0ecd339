// Package database opens the databases that schemactl works on: it knows the
// forms of a database URL, the drivers, and the GORM settings that are safe
// while another version of the schema is being deployed. It is the only
// package that links drivers. Start with [Open].
package database
