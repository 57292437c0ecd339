module github.com/schemactl/schemactl/bench

go 1.26.0

replace github.com/schemactl/schemactl => ../

require github.com/schemactl/schemactl v0.0.0

require (
	github.com/go-viper/mapstructure/v2 v2.4.0 // indirect
	github.com/hamba/avro/v2 v2.31.0
	github.com/json-iterator/go v1.1.12 // indirect
	github.com/modern-go/concurrent v0.0.0-20180306012644-bacd9c7ef1dd // indirect
	github.com/modern-go/reflect2 v1.0.2 // indirect
	github.com/twmb/avro v1.9.0
	github.com/twmb/franz-go v1.22.2
)
