package cli

var brokersTopic = topic{"brokers", "How Kafka brokers are reached", `Every command that speaks to Kafka ('outbox relay', topic, dlq) has the same flags, and
variables and keys of their names:

  --brokers                HOST:PORT, separated by commas (SCHEMACTL_BROKERS)
  --brokers-tls            speak TLS with them (SCHEMACTL_BROKERS_TLS=true)
  --brokers-user           the user they want, by SASL (SCHEMACTL_BROKERS_USER)
  --brokers-sasl           plain, scram-sha-256 or scram-sha-512, the default
                           (SCHEMACTL_BROKERS_SASL)
  --brokers-password       the user's password; it belongs into the variable
                           SCHEMACTL_BROKERS_PASSWORD, which others cannot see
  --brokers-password-file  or into a file, such as a secret that is mounted
                           (SCHEMACTL_BROKERS_PASSWORD_FILE); what ends its last
                           line is no part of the password

The brokers' certificates have to be of an authority that the system trusts. Where
that is Linux or another Unix, SSL_CERT_FILE names a file of other ones, such as that
of a company. There are no client certificates. plain sends the password as it is:
use it with TLS.

A command ends with exit code 1 when it is refused at its start, and says what to look
at. 'registry serve' has all of this in the URL of its store: see 'registry serve
--help'.`}
