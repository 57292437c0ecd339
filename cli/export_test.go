package cli

import "github.com/twmb/franz-go/pkg/kgo"

// KafkaTLS is the option that the flags of the files make.
func KafkaTLS(ca, cert, key string) (kgo.Opt, error) {
	return kafkaTLS{ca: ca, cert: cert, key: key}.option("ca", "cert", "key")
}
