-- Gate's own database: who is who, who may what, and what was decided. Times are Unix milliseconds of gate's clock.

CREATE TABLE deployment (
    name  TEXT PRIMARY KEY,                   -- high_water_ms: the latest time that was ever recorded
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO deployment (name, value) VALUES ('high_water_ms', 0);

CREATE TABLE user (
    id          TEXT PRIMARY KEY,             -- u_...
    name        TEXT NOT NULL UNIQUE,         -- [a-z][a-z0-9._-]*
    role        TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    password    TEXT NOT NULL DEFAULT '',     -- argon2id as libsodium writes it; '': sign-in by link alone
    disabled    INTEGER NOT NULL DEFAULT 0,
    idle_min    INTEGER NOT NULL DEFAULT 0,   -- the person's own choice; 0: the deployment's
    created_ms  INTEGER NOT NULL,
    changed_ms  INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    hash       TEXT PRIMARY KEY,              -- BLAKE2b of the cookie's value, hex; the value is nowhere
    user       TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    agent      TEXT NOT NULL,                 -- the browser's own description, cut
    created_ms INTEGER NOT NULL,
    used_ms    INTEGER NOT NULL               -- coarse: written at most once a minute
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user, used_ms DESC);

CREATE TABLE visitor (
    id         TEXT PRIMARY KEY,              -- a_...
    hash       TEXT NOT NULL UNIQUE,          -- BLAKE2b of the cookie's value, hex
    created_ms INTEGER NOT NULL,
    used_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX visitor_by_use ON visitor (used_ms);

-- Turns that a principal (or an address, as a keyed hash) began in one hour.
CREATE TABLE budget (
    who   TEXT NOT NULL,
    hour  INTEGER NOT NULL,                   -- Unix hour
    used  INTEGER NOT NULL,
    PRIMARY KEY (who, hour)
) STRICT, WITHOUT ROWID;
CREATE INDEX budget_by_hour ON budget (hour);

CREATE TABLE signin_link (
    hash       TEXT PRIMARY KEY,              -- BLAKE2b of the secret, hex
    user       TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    expires_ms INTEGER NOT NULL,
    used_ms    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Failed sign-ins: by (name, address) and by address, as hashes. A name alone is never counted: it would lock its owner out.
CREATE TABLE signin_failure (
    who     TEXT PRIMARY KEY,
    count   INTEGER NOT NULL,
    last_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dataset (
    name       TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,                 -- principal
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members', 'private')),
    meta       TEXT NOT NULL DEFAULT '{}',    -- JSON: title, description, license, source, suggested
    revision   TEXT NOT NULL DEFAULT '',      -- SHA-256 of the current one; '': none is published
    withdrawn  INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE revision (
    dataset     TEXT NOT NULL REFERENCES dataset (name) ON DELETE CASCADE,
    n           INTEGER NOT NULL,             -- 1, 2, ... within the dataset
    sha         TEXT NOT NULL,
    rows        INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    tables      INTEGER NOT NULL,
    report      TEXT NOT NULL,                -- JSON: what the import kept and dropped
    by_who      TEXT NOT NULL,
    recorded_ms INTEGER NOT NULL,
    PRIMARY KEY (dataset, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE dataset_reader (
    dataset TEXT NOT NULL REFERENCES dataset (name) ON DELETE CASCADE,
    user    TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    PRIMARY KEY (dataset, user)
) STRICT, WITHOUT ROWID;

-- The registry of conversations: what they hold stands in the work databases, whose they are stands here.
CREATE TABLE conversation (
    id         TEXT PRIMARY KEY,              -- c_...
    owner      TEXT NOT NULL,                 -- principal
    mode       TEXT NOT NULL CHECK (mode IN ('public', 'private')),
    level      INTEGER NOT NULL,              -- label of what it may have seen: grows, never falls
    datasets   TEXT NOT NULL,                 -- JSON array of names
    deleted    INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX conversation_by_owner ON conversation (owner);

CREATE TABLE model (
    name       TEXT PRIMARY KEY,
    body       TEXT NOT NULL,                 -- JSON: see SPEC, "Model record"
    changed_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE setting (
    name       TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    changed_ms INTEGER NOT NULL
) STRICT;

-- Grants of effect that were recorded already (receipts), and other things that may happen once.
CREATE TABLE used (
    what    TEXT PRIMARY KEY,                 -- hash, hex
    used_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was decided, each row chained to the one before. No rows of data, no SQL, no text of people: ids and hashes.
CREATE TABLE audit (
    seq    INTEGER PRIMARY KEY,
    at_ms  INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL,                     -- JSON object
    prev   BLOB NOT NULL,
    hash   BLOB NOT NULL
) STRICT;
