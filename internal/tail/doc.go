// Package tail reads the records of a topic from some place on and makes text of
// them: values are decoded by the writer's schema, and what cannot be is shown as
// hexadecimal digits with the reason. It is for people who look, not for consumers:
// it has no group and commits nothing.
package tail
