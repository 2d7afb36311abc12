-- Approvals: what a person must allow first. `binding` is a keyed hash over the columns up to expires_ms but for state and why.

ALTER TABLE user ADD COLUMN phrase TEXT NOT NULL DEFAULT ''; -- by which its owner knows an approval page of ours

CREATE TABLE approval (
    id             TEXT PRIMARY KEY,          -- p_...
    kind           TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'consumed', 'done', 'failed', 'lost',
                                                  'declined', 'expired', 'void')),
    why            TEXT NOT NULL,             -- of void and failed: a fixed word
    binding        TEXT NOT NULL,             -- hex
    user           TEXT NOT NULL,             -- who may answer
    role           TEXT NOT NULL,             -- its role when it was asked for
    session        TEXT NOT NULL,             -- hash of the session that it was first shown to; '' until then
    conversation   TEXT NOT NULL,             -- '' for a person's own gesture
    turn           TEXT NOT NULL,
    ordinal        INTEGER NOT NULL,
    plugin         TEXT NOT NULL,
    plugin_digest  TEXT NOT NULL,
    tool           TEXT NOT NULL,
    schema_digest  TEXT NOT NULL,
    args           TEXT NOT NULL,             -- the bytes at stake
    dataset        TEXT NOT NULL,
    revision       TEXT NOT NULL,
    level          INTEGER NOT NULL,
    integrity      INTEGER NOT NULL,
    clearance      INTEGER NOT NULL,
    dominates      INTEGER NOT NULL,
    effect         INTEGER NOT NULL,
    mode           INTEGER NOT NULL,
    proposer       INTEGER NOT NULL,
    categories     TEXT NOT NULL,             -- JSON array
    taint          TEXT NOT NULL,             -- the conversation's label when it was asked for
    sink           TEXT NOT NULL,
    payload_hash   TEXT NOT NULL,
    effect_digest  TEXT NOT NULL,
    proposal       TEXT NOT NULL,             -- w_... of effect's dry run
    policy         TEXT NOT NULL,             -- hash of the policy under which it was asked for
    facts          TEXT NOT NULL,             -- JSON object: counts
    nonce          TEXT NOT NULL,
    created_ms     INTEGER NOT NULL,
    expires_ms     INTEGER NOT NULL,
    shown_ms       INTEGER NOT NULL DEFAULT 0,
    decided_ms     INTEGER NOT NULL DEFAULT 0,
    consumed_ms    INTEGER NOT NULL DEFAULT 0,
    ended_ms       INTEGER NOT NULL DEFAULT 0,
    outcome        TEXT NOT NULL DEFAULT '{}' -- JSON: what came of it
) STRICT, WITHOUT ROWID;
CREATE INDEX approval_by_user ON approval (user, created_ms DESC);
CREATE INDEX approval_by_conversation ON approval (conversation, turn) WHERE conversation <> '';
CREATE INDEX approval_open ON approval (expires_ms) WHERE state IN ('pending', 'approved');
CREATE INDEX approval_by_end ON approval (ended_ms) WHERE ended_ms > 0;

-- One-use codes that lead from the main origin to the page of one approval on its own origin.
CREATE TABLE approve_code (
    hash       TEXT PRIMARY KEY,              -- BLAKE2b of the code, hex
    user       TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    session    TEXT NOT NULL REFERENCES session (hash) ON DELETE CASCADE,
    approval   TEXT NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX approve_code_by_time ON approve_code (expires_ms);

-- Sessions of the approvals' origin: each ends with the main session that it came from.
CREATE TABLE approve_session (
    hash       TEXT PRIMARY KEY,              -- BLAKE2b of the cookie's value, hex
    session    TEXT NOT NULL REFERENCES session (hash) ON DELETE CASCADE,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX approve_session_by_time ON approve_session (expires_ms);
