/**
 * The first schema. SQL lives in a string because then it is found from the sources and from the
 * compiled files alike.
 *
 * Times are milliseconds; names that end in `_wall` are on the wall clock, others on the steady one.
 */
export const firstSchema = `
PRAGMA application_id = 1634955371; -- "aspk"

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Texts of every bundle that was ever accepted, once each.
CREATE TABLE rule_bundle (
  hash       TEXT PRIMARY KEY,
  files_json TEXT NOT NULL
) STRICT;

-- Which bundle came into force when; the newest row is the one in force.
CREATE TABLE rule_activation (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  hash             TEXT NOT NULL REFERENCES rule_bundle(hash),
  accepted_at_wall REAL NOT NULL,
  origin           TEXT NOT NULL,
  diff             TEXT NOT NULL
) STRICT;
CREATE INDEX rule_activation_hash ON rule_activation(hash);

CREATE TABLE alert (
  id          TEXT PRIMARY KEY,
  rule_id     TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('pending', 'firing', 'resolved')),
  changed_at  REAL NOT NULL,
  alert_json  TEXT NOT NULL
) STRICT;
CREATE INDEX alert_open ON alert(state) WHERE state <> 'resolved';
CREATE INDEX alert_changed ON alert(changed_at);

-- The audit trail: rows are added, never changed.
CREATE TABLE alert_transition (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  alert_id   TEXT NOT NULL REFERENCES alert(id) ON DELETE CASCADE,
  kind       TEXT NOT NULL,
  at         REAL NOT NULL,
  alert_json TEXT NOT NULL
) STRICT;
CREATE INDEX alert_transition_alert ON alert_transition(alert_id, id);
CREATE INDEX alert_transition_at ON alert_transition(at);

-- A notifier's address and key as they were when a page left.
CREATE TABLE target (
  id          TEXT PRIMARY KEY,
  kind        TEXT NOT NULL,
  secret_json TEXT NOT NULL
) STRICT;

-- What is to be sent. AUTOINCREMENT: an id is never given twice, so order is order of writing. No
-- foreign key on the target: a page whose target is unknown must not keep its alert from the record.
CREATE TABLE outbox (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  target_id       TEXT NOT NULL,
  dedup_key       TEXT NOT NULL,
  alert_id        TEXT NOT NULL,
  action          TEXT NOT NULL,
  body            TEXT NOT NULL,
  created_at      REAL NOT NULL,
  attempts        INTEGER NOT NULL,
  next_attempt_at REAL NOT NULL,
  state           TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead', 'superseded'))
) STRICT;
CREATE INDEX outbox_pending ON outbox(id) WHERE state = 'pending';
CREATE INDEX outbox_alert ON outbox(alert_id, id);
CREATE INDEX outbox_target ON outbox(target_id);

CREATE TABLE delivery_attempt (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  outbox_id    INTEGER NOT NULL REFERENCES outbox(id) ON DELETE CASCADE,
  at           REAL NOT NULL,
  status       INTEGER,
  outcome      TEXT NOT NULL,
  reason       TEXT NOT NULL,
  body_excerpt TEXT NOT NULL,
  latency_ms   REAL NOT NULL
) STRICT;
CREATE INDEX delivery_attempt_outbox ON delivery_attempt(outbox_id, id);

-- What a series has learned, so that a restart does not forget what is usual.
CREATE TABLE series_checkpoint (
  key             TEXT PRIMARY KEY,
  saved_at        REAL NOT NULL,
  checkpoint_json TEXT NOT NULL
) STRICT;
CREATE INDEX series_checkpoint_saved ON series_checkpoint(saved_at);

-- Series that have never failed, some hundreds in a row. Whose the numbers are changes rarely.
CREATE TABLE series_block (
  id       INTEGER PRIMARY KEY,
  saved_at REAL NOT NULL,
  numbers  BLOB NOT NULL
) STRICT;
CREATE TABLE series_block_names (
  id         INTEGER PRIMARY KEY,
  names_json TEXT NOT NULL
) STRICT;

-- Who has succeeded where, as bits of which nobody can tell whose they are. Generations take turns in two
-- sets of pages: what a page holds of an earlier one is void once a page of a later one is there.
CREATE TABLE known_clients (
  turn       INTEGER NOT NULL,
  page       INTEGER NOT NULL,
  version    INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  started_at REAL NOT NULL,
  pair_count INTEGER NOT NULL,
  bits       BLOB NOT NULL,
  PRIMARY KEY (turn, page)
) STRICT;
`;
