package drift_test

import (
	"strings"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/migrate/drift"
)

// The reference domain's models, migrations and a migrated database agree.
func TestReferenceDomainHasNoDrift(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		migrated(t, url)
		r := compare(t, url)
		for _, d := range r.Differences {
			t.Errorf("%+v", d)
		}
		if len(r.Pending) != 0 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "outbox_events, outbox_inbox") {
			t.Errorf("pending %v, notes %v", r.Pending, r.Notes)
		}
	})
}

// change is something done to a live database, and what must be said of it.
type change struct {
	name, sql, want string
	mend            string // part of the SQL that mends it
}

// changes that all dialects know; [c] quotes an identifier.
var changes = []change{
	{"column added", `ALTER TABLE accounts ADD COLUMN extra varchar(10)`, "live-extra column accounts.extra", ""},
	{"column dropped", `ALTER TABLE payments DROP COLUMN reference`, "live-missing column payments.reference", ""},
	{"index added", `CREATE INDEX idx_extra ON accounts (status)`, "live-extra index accounts.idx_extra", ""},
	{"table added", `CREATE TABLE extra (id bigint PRIMARY KEY)`, "live-extra table extra", ""},
	{"view added", `CREATE VIEW busy AS SELECT id FROM accounts`, "live-extra view busy", ""},
	{"outbox index", `CREATE INDEX idx_topic ON outbox_inbox (processed_at)`, "live-extra index outbox_inbox.idx_topic", ""},
}

var changesOf = map[string][]change{
	"postgres": {
		{"index dropped", `DROP INDEX idx_messages_status`, "live-missing index messages.idx_messages_status", "CREATE INDEX idx_messages_status"},
		{"type", `ALTER TABLE accounts ALTER COLUMN currency TYPE varchar(4)`, "live-differs column accounts.currency", ""},
		{"nullable", `ALTER TABLE accounts ALTER COLUMN status DROP NOT NULL`, "live-differs column accounts.status", "SET NOT NULL"},
		{"default", `ALTER TABLE accounts ALTER COLUMN status SET DEFAULT 'x'`, "live-differs column accounts.status", "SET DEFAULT 'active'"},
		{"partial index", `DROP INDEX idx_payments_payer; CREATE INDEX idx_payments_payer ON payments (payer_id) WHERE settled_at IS NULL`, "live-differs index payments.idx_payments_payer", "CREATE INDEX CONCURRENTLY idx_payments_payer"},
		{"expression index", `CREATE INDEX idx_lower ON accounts (lower(email))`, "live-extra index accounts.idx_lower", ""},
		{"not unique", `DROP INDEX idx_accounts_email; CREATE INDEX idx_accounts_email ON accounts (email)`, "live-differs index accounts.idx_accounts_email", "CREATE UNIQUE INDEX CONCURRENTLY"},
		{"invalid index", `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_payments_payer'::regclass`, "live-differs index payments.idx_payments_payer", "REINDEX INDEX CONCURRENTLY"},
		{"NOT VALID", `ALTER TABLE payments DROP CONSTRAINT fk_payments_payer, ADD CONSTRAINT fk_payments_payer FOREIGN KEY (payer_id) REFERENCES accounts (id) NOT VALID`, "live-differs foreign key payments(payer_id)", "VALIDATE CONSTRAINT"},
		{"foreign key dropped", `ALTER TABLE payments DROP CONSTRAINT fk_payments_payer`, "live-missing foreign key payments(payer_id)", `FOREIGN KEY (payer_id)`},
		{"cascade", `ALTER TABLE payments DROP CONSTRAINT fk_payments_payer, ADD CONSTRAINT fk_payments_payer FOREIGN KEY (payer_id) REFERENCES accounts (id) ON DELETE CASCADE`, "live-differs foreign key payments(payer_id)", ""},
		{"primary key dropped", `ALTER TABLE outbox_inbox DROP CONSTRAINT outbox_inbox_pkey`, "live-missing primary key of outbox_inbox", "PRIMARY KEY (consumer, event_id)"},
		{"check", `ALTER TABLE payments ADD CONSTRAINT positive CHECK (amount_minor > 0)`, "live-extra check payments.positive", ""},
		{"function", `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`, "live-extra function f()", ""},
		{"trigger", `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';; CREATE TRIGGER tr BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION f()`, "live-extra trigger accounts.tr; live-extra function f()", ""},
		{"sequence", `CREATE SEQUENCE numbers`, "live-extra sequence numbers", ""},
		{"comment", `COMMENT ON TABLE accounts IS 'x'`, "live-differs table accounts", "COMMENT ON TABLE"},
		{"column's comment", `COMMENT ON COLUMN accounts.email IS 'x'`, "live-differs column accounts.email", "COMMENT ON COLUMN"},
		{"replica identity", `ALTER TABLE accounts REPLICA IDENTITY FULL`, "live-differs table accounts", "REPLICA IDENTITY DEFAULT"},
		{"rule", `CREATE RULE r AS ON DELETE TO accounts DO INSTEAD NOTHING`, "live-extra rule accounts.r", ""},
		{"aggregate", `CREATE AGGREGATE largest(int) (SFUNC = int4larger, STYPE = int)`, "live-extra function largest(integer)", ""},
		{"enum", `CREATE TYPE mood AS ENUM ('a', 'b')`, "live-extra type mood", ""},
		{"storage option", `ALTER TABLE outbox_events SET (fillfactor = 90)`, "live-differs table outbox_events", ""},
		{"policy", `CREATE POLICY p ON accounts USING (true)`, "live-extra policy accounts.p", ""},
		{"row security", `ALTER TABLE accounts ENABLE ROW LEVEL SECURITY`, "live-differs table accounts", ""},
		{"table dropped", `DROP TABLE payments`, "live-missing table payments", ""},
	},
	"mysql": {
		{"index dropped", "DROP INDEX idx_messages_status ON messages", "live-missing index messages.idx_messages_status", "ADD KEY `idx_messages_status`"},
		{"type", "ALTER TABLE accounts MODIFY COLUMN currency varchar(4) NOT NULL DEFAULT 'EUR'", "live-differs column accounts.currency", ""},
		{"nullable", "ALTER TABLE accounts MODIFY COLUMN status varchar(16) DEFAULT 'active'", "live-differs column accounts.status", "MODIFY COLUMN `status` varchar(16) NOT NULL DEFAULT 'active'"},
		{"default", "ALTER TABLE accounts ALTER COLUMN status SET DEFAULT 'x'", "live-differs column accounts.status", "DEFAULT 'active'"},
		{"not unique", "ALTER TABLE accounts DROP INDEX idx_accounts_email, ADD INDEX idx_accounts_email (email)", "live-differs index accounts.idx_accounts_email", "ADD UNIQUE KEY"},
		{"prefix", "ALTER TABLE accounts DROP INDEX idx_accounts_email, ADD UNIQUE INDEX idx_accounts_email (email(5))", "live-differs index accounts.idx_accounts_email", ""},
		{"foreign key dropped", "ALTER TABLE payments DROP FOREIGN KEY fk_payments_payer", "live-missing foreign key payments(payer_id)", "FOREIGN KEY"},
		{"check", "ALTER TABLE payments ADD CONSTRAINT positive CHECK (amount_minor > 0)", "live-extra check payments.positive", ""},
		{"procedure", "CREATE PROCEDURE f() SELECT 1", "live-extra function f", ""},
		{"trigger", "CREATE TRIGGER tr BEFORE INSERT ON accounts FOR EACH ROW SET NEW.currency = 'EUR'", "live-extra trigger accounts.tr", ""},
		{"engine", "ALTER TABLE outbox_inbox ENGINE = Aria", "live-differs table outbox_inbox", ""},
		{"event", "CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO SELECT 1", "live-extra event ev", ""},
		{"table dropped", "DROP TABLE payments", "live-missing table payments", ""},
	},
	"sqlite": {
		{"index dropped", `DROP INDEX idx_messages_status`, "live-missing index messages.idx_messages_status", "CREATE INDEX idx_messages_status"},
		{"type", `ALTER TABLE payments DROP COLUMN reference; ALTER TABLE payments ADD COLUMN reference varchar(64)`, "live-differs column payments.reference", ""},
		{"affinity", `ALTER TABLE payments DROP COLUMN reference; ALTER TABLE payments ADD COLUMN reference blob`, "live-differs column payments.reference", ""},
		{"default", `ALTER TABLE payments DROP COLUMN reference; ALTER TABLE payments ADD COLUMN reference text DEFAULT 'x'`, "live-differs column payments.reference", ""},
		{"collation", `ALTER TABLE payments DROP COLUMN reference; ALTER TABLE payments ADD COLUMN reference text COLLATE NOCASE`, "live-differs column payments.reference", ""},
		{"partial index", `DROP INDEX idx_payments_payer; CREATE INDEX idx_payments_payer ON payments (payer_id) WHERE settled_at IS NULL`, "live-differs index payments.idx_payments_payer", "CREATE INDEX"},
		{"same index otherwise written", "DROP INDEX idx_payments_payer; CREATE INDEX IF NOT EXISTS `idx_payments_payer`\n on [payments] ( \"payer_id\" )", "", ""},
		{"trigger", `CREATE TRIGGER tr AFTER INSERT ON accounts BEGIN SELECT 1; END`, "live-extra trigger accounts.tr", ""},
		{"strict", `DROP TABLE outbox_inbox; CREATE TABLE outbox_inbox (consumer text NOT NULL, event_id text NOT NULL, processed_at text NOT NULL DEFAULT '', PRIMARY KEY (consumer, event_id)) STRICT`, "table outbox_inbox", ""},
		{"check", `ALTER TABLE payments ADD COLUMN sign integer CHECK (sign > 0)`, "live-extra check payments(sign > 0); live-extra column payments.sign", ""},
		{"table dropped", `DROP TABLE payments`, "live-missing table payments", ""},
	},
}

// statements are the change's, without taking bodies apart.
func (c change) statements() []string {
	if strings.Contains(c.sql, "BEGIN ") {
		return strings.Split(c.sql, ";; ")
	}
	return strings.Split(c.sql, "; ")
}

// Each change of a live database is seen, named and put down to the right side.
func TestLiveDriftIsSeen(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		for _, c := range append(changesOf[kindOf(url)], changes...) {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				url := another(t, url)
				db := migrated(t, url)
				run(t, db, c.statements()...)
				r := compare(t, url)
				got := short(r)
				if c.want == "" && got != "" || !strings.Contains(got, c.want) {
					t.Fatalf("got %q, want %q\n%+v", got, c.want, r.Differences)
				}
				if c.name != "strict" && strings.Count(got, ";") != strings.Count(c.want, ";") {
					t.Errorf("got more than asked for: %q, want %q", got, c.want)
				}
				if c.mend != "" && !strings.Contains(r.Differences[0].SQL, c.mend) {
					t.Errorf("mended by %q, want %q", r.Differences[0].SQL, c.mend)
				}
			})
		}
	})
}

// What mends a difference is SQL that the database takes, and mends it.
func TestMendingMends(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		for _, c := range changesOf[kindOf(url)] {
			if c.mend == "" {
				continue
			}
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				url := another(t, url)
				db := migrated(t, url)
				run(t, db, c.statements()...)
				for statement := range strings.SplitSeq(compare(t, url).Differences[0].SQL, "; ") {
					run(t, db, statement)
				}
				if got := short(compare(t, url)); got != "" {
					t.Errorf("still: %s", got)
				}
			})
		}
	})
}

// wideAccount and gauge are models that the migrations do not fit.
type wideAccount struct {
	ID       int64   `gorm:"column:id;primaryKey;autoIncrement"`
	Email    *string `gorm:"column:email;type:text;uniqueIndex:idx_accounts_email"`
	Nickname *string `gorm:"column:nickname;size:20"`
}

func (wideAccount) TableName() string { return "accounts" }

type gauge struct {
	ID int64 `gorm:"column:id;primaryKey;autoIncrement"`
}

func (gauge) TableName() string { return "gauges" }

// Models and migrations are compared, and the odd one of the three is named.
func TestModelsAndMigrations(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := "-- +goose Up\nCREATE TABLE accounts (id bigint NOT NULL PRIMARY KEY, email varchar(9), extra int);\n"
		set := []migrate.Source{migrate.NewSource("shared", files(map[string]string{"1_accounts.sql": text}))}
		up(t, db, set)
		run(t, db, "CREATE TABLE gauges (id bigint NOT NULL PRIMARY KEY)")
		r := compare(t, url, func(r *drift.Request) { r.Sources, r.Models = set, []any{&wideAccount{}, &gauge{}} })
		got := short(r)
		want := []string{
			"model-differs column accounts.id", // counts by itself in the model
			"migration-missing column accounts.nickname",
			"model-missing column accounts.extra",
			"migration-missing index accounts.idx_accounts_email",
			"migration-missing table gauges",
		}
		if kindOf(url) != "sqlite" { // there varchar(9) is a text
			want = append(want, "model-differs column accounts.email")
		}
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("no %q in %q", w, got)
			}
		}
		if len(r.Differences) != len(want) {
			t.Errorf("%d differences, want %d: %s", len(r.Differences), len(want), got)
		}
	})
}

// Pending migrations are told as such and not as differences; what was done by
// hand is told all the same, and so is what the models miss.
func TestPendingIsNoDrift(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		set := sources()
		up(t, db, []migrate.Source{set[0].Without(20260402070000, 20260415093000), set[1]})
		r := compare(t, url)
		if len(r.Differences) != 0 || len(r.Pending) != 2 || !strings.Contains(r.Pending[1], "settled_at") {
			t.Errorf("pending %v, differences %s", r.Pending, short(r))
		}
		run(t, db, "CREATE INDEX idx_extra ON payments (received_at)")
		if got := short(compare(t, url)); got != "live-extra index payments.idx_extra" {
			t.Error(got)
		}
		// An empty database is all pending, and no drift.
		empty := another(t, url)
		all := migrationsOf(t, open(t, empty), set)
		if r := compare(t, empty); len(r.Differences) != 0 || len(r.Pending) != all {
			t.Errorf("empty: pending %v, differences %s", r.Pending, short(r))
		}
	})
}

// A source that is not at hand is named, and its tables are left out.
func TestForeignSourceIsNoted(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		migrated(t, url)
		r := compare(t, url, func(r *drift.Request) { r.Sources = r.Sources[:1] })
		if notes := strings.Join(r.Notes, "\n"); short(r) != "" || !strings.Contains(notes, `source "outbox"`) || !strings.Contains(notes, "outbox_events") {
			t.Errorf("differences %q, notes %q", short(r), notes)
		}
	})
}
