package codegen

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNoSchemas says that a file system has no .avsc file.
var ErrNoSchemas = errors.New("no .avsc files")

// ErrPackage says that the package's name, given or taken from the output
// folder, is no Go identifier, or is a keyword or the blank identifier.
var ErrPackage = errors.New("no Go package name")

// Problem is one thing that is wrong with a schema file.
type Problem struct {
	// File is the schema file's path, with the label of the request in front.
	File string
	// Line and Column count from 1; 0 when the problem is the file as a whole.
	Line, Column int
	// Path is the type, field or construct, such as
	// schemactl.events.MessageCreated.attachments; it may be empty.
	Path string
	// Message says what is wrong and, where known, the way out.
	Message string
}

// String is one line: file:line:column: path: message.
func (p Problem) String() string {
	s := p.File
	if p.Line > 0 {
		s += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	if p.Path != "" {
		s += ": " + p.Path
	}
	return s + ": " + p.Message
}

// maxProblems bounds how many problems a [SchemaError] lists.
const maxProblems = 1000

// SchemaError reports every problem that was found in the schema files, in the
// order of the files.
type SchemaError struct {
	Problems []Problem
	// More counts the problems beyond those listed, of which there are at most
	// 1000; it is 0 for all but hopeless files.
	More int
}

func (e *SchemaError) Error() string {
	lines := make([]string, len(e.Problems), len(e.Problems)+1)
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	if e.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more problems", e.More))
	}
	return strings.Join(lines, "\n")
}
