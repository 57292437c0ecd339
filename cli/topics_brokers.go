package cli

var brokersTopic = topic{"brokers", "How Kafka brokers are reached", `Every command that speaks to Kafka ('outbox relay', topic, dlq) has the same flags, and
variables and keys of their names:

  --brokers                HOST:PORT, separated by commas (SCHEMACTL_BROKERS)
  --brokers-tls            speak TLS with them (SCHEMACTL_BROKERS_TLS=true)
  --brokers-ca             file of the authorities of their certificates, in PEM form;
                           without it those that the system trusts
                           (SCHEMACTL_BROKERS_CA)
  --brokers-cert           file of a client certificate, where they want one, and
  --brokers-key            of its key (SCHEMACTL_BROKERS_CERT, SCHEMACTL_BROKERS_KEY);
                           both are read for each connection, so they may be renewed
  --brokers-user           the user they want, by SASL (SCHEMACTL_BROKERS_USER)
  --brokers-sasl           plain, scram-sha-256 or scram-sha-512, the default
                           (SCHEMACTL_BROKERS_SASL)
  --brokers-password       the user's password; it belongs into the variable
                           SCHEMACTL_BROKERS_PASSWORD, which others cannot see
  --brokers-password-file  or into a file, such as a secret that is mounted
                           (SCHEMACTL_BROKERS_PASSWORD_FILE); what ends its last
                           line is no part of the password

Each of the files means TLS as well. On Linux and other Unixes, SSL_CERT_FILE names
authorities instead of the system's too. plain sends the password as it is: use it
with TLS.

A command ends with exit code 1 when it is refused at its start, and says what to look
at. 'registry serve' has all of this in the URL of its store: see 'registry serve
--help'.`}
