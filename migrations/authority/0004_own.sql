-- What people keep for themselves and hand out: saved queries, links to answers; and the signed head of the record.

CREATE TABLE saved_query (
    id         TEXT PRIMARY KEY,              -- s_...
    owner      TEXT NOT NULL,                 -- principal
    name       TEXT NOT NULL,
    dataset    TEXT NOT NULL REFERENCES dataset (name) ON DELETE CASCADE,
    sql        TEXT NOT NULL,
    params     TEXT NOT NULL,                 -- JSON array of names
    about      TEXT NOT NULL,
    level      INTEGER NOT NULL,              -- label of its text
    integrity  INTEGER NOT NULL,
    shared     INTEGER NOT NULL DEFAULT 0,    -- with whoever may read the dataset
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    UNIQUE (owner, dataset, name)
) STRICT;
CREATE INDEX saved_query_by_dataset ON saved_query (dataset, shared);

-- The link's address is made from gate's secret and ref: it stands in no database, and its owner can still be shown it.
CREATE TABLE share_link (
    hash         TEXT PRIMARY KEY,            -- BLAKE2b of the address's id, hex
    ref          TEXT NOT NULL UNIQUE,
    owner        TEXT NOT NULL,               -- principal
    conversation TEXT NOT NULL,
    turn         TEXT NOT NULL,
    level        INTEGER NOT NULL,            -- the conversation's label when it was shared
    created_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX share_link_by_conversation ON share_link (conversation, created_ms);

-- The last row of the audit at that time, signed by gate: who cuts rows off the end would have to sign a new one.
CREATE TABLE audit_head (
    seq       INTEGER PRIMARY KEY,
    hash      BLOB NOT NULL,
    at_ms     INTEGER NOT NULL,
    signature BLOB NOT NULL
) STRICT;
CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE INDEX audit_by_action ON audit (action, seq);
CREATE INDEX audit_by_object ON audit (object, seq);
