-- One work database per mode: conversations, their turns and what the turns did. Written by web and by the mode's agent.
-- Times are Unix milliseconds. Ids are text (prefix, underscore, 26 random base32 digits).

CREATE TABLE conversation (
    id         TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,                -- principal; gate holds the authoritative copy
    title      TEXT NOT NULL DEFAULT '',
    datasets   TEXT NOT NULL,                -- JSON array of names
    model      TEXT NOT NULL DEFAULT '',     -- '' : the deployment's default
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX conversation_by_owner ON conversation (owner, updated_ms DESC);

CREATE TABLE turn (
    id             TEXT PRIMARY KEY,
    conversation   TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    seq            INTEGER NOT NULL,          -- 1, 2, ... within the conversation
    state          TEXT NOT NULL CHECK (state IN ('queued', 'running', 'waiting', 'done', 'failed', 'stopped')),
    ticket         BLOB NOT NULL,             -- gate's seal: the agent proposes calls with it
    model          TEXT NOT NULL DEFAULT '',
    question       TEXT NOT NULL,             -- what the person typed
    outcome        TEXT NOT NULL DEFAULT '',  -- done asked cannot_answer failed stopped limit
    error_code     TEXT NOT NULL DEFAULT '',
    error_text     TEXT NOT NULL DEFAULT '',  -- a sentence
    waiting        TEXT NOT NULL DEFAULT '',  -- JSON of the question put to the person
    answer         TEXT NOT NULL DEFAULT '',  -- what the person answered, until the agent takes it
    stop_asked     INTEGER NOT NULL DEFAULT 0,
    lease_owner    TEXT NOT NULL DEFAULT '',
    lease_until_ms INTEGER NOT NULL DEFAULT 0,
    epoch          INTEGER NOT NULL DEFAULT 0,
    log_bytes      INTEGER NOT NULL DEFAULT 0, -- durable length of the turn's log
    steps          INTEGER NOT NULL DEFAULT 0,
    ordinal        INTEGER NOT NULL DEFAULT 0, -- last call number proposed
    tokens_in      INTEGER NOT NULL DEFAULT 0,
    tokens_out     INTEGER NOT NULL DEFAULT 0,
    used_ms        INTEGER NOT NULL DEFAULT 0, -- working time, waiting for people not counted
    created_ms     INTEGER NOT NULL,
    started_ms     INTEGER NOT NULL DEFAULT 0,
    ended_ms       INTEGER NOT NULL DEFAULT 0,
    UNIQUE (conversation, seq)
) STRICT;
-- One turn at a time: a lease in the database, not in memory.
CREATE UNIQUE INDEX turn_live ON turn (conversation) WHERE state IN ('queued', 'running', 'waiting');
CREATE INDEX turn_open ON turn (state, created_ms) WHERE state IN ('queued', 'running');

-- Messages as the models see them (app/llm/message.h as JSON), in order. A row is written when its step is whole.
CREATE TABLE message (
    conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    seq          INTEGER NOT NULL,
    turn         TEXT NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    role         TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'tool')),
    body         TEXT NOT NULL,
    created_ms   INTEGER NOT NULL,
    PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;

-- Steps of a turn, for pages: text call result note question answer usage error done.
CREATE TABLE event (
    turn  TEXT NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    seq   INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    body  TEXT NOT NULL,                      -- JSON object
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (turn, seq)
) STRICT, WITHOUT ROWID;

-- The turn's log: bytes of ready-framed server-sent events, one coalesced row per 250 ms and step.
CREATE TABLE turn_log (
    turn  TEXT NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    start INTEGER NOT NULL,                   -- offset of the first byte
    epoch INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (turn, start)
) STRICT, WITHOUT ROWID;

-- Tool calls and how far they came, so that a resumed turn repeats nothing that had an effect.
CREATE TABLE call (
    turn     TEXT NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    ordinal  INTEGER NOT NULL,
    step     INTEGER NOT NULL,                -- model call that asked for it
    call_id  TEXT NOT NULL,                   -- the provider's id
    tool     TEXT NOT NULL,
    args     TEXT NOT NULL,                   -- JSON text as the model wrote it
    state    TEXT NOT NULL CHECK (state IN ('proposed', 'running', 'done')),
    effect   INTEGER NOT NULL,                -- 0..4
    result   TEXT NOT NULL DEFAULT '',        -- JSON text that the model sees
    PRIMARY KEY (turn, ordinal)
) STRICT, WITHOUT ROWID;

-- Rows under a handle.
CREATE TABLE result (
    id           TEXT PRIMARY KEY,            -- x_...
    conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    turn         TEXT NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    handle       TEXT NOT NULL,               -- r1, r2, ... within the conversation
    dataset      TEXT NOT NULL,
    revision     TEXT NOT NULL,               -- SHA-256 of the follower
    sql          TEXT NOT NULL,
    columns      TEXT NOT NULL,               -- JSON array of {name,type}
    cells        BLOB NOT NULL,               -- store/cells.h
    row_count    INTEGER NOT NULL,
    truncated    TEXT NOT NULL DEFAULT '',
    reads        TEXT NOT NULL DEFAULT '[]',  -- JSON array of [table, column]
    notes        TEXT NOT NULL DEFAULT '[]',
    shown        TEXT NOT NULL DEFAULT 'both',
    took_us      INTEGER NOT NULL,
    created_ms   INTEGER NOT NULL,
    UNIQUE (conversation, handle)
) STRICT;

-- Each call to a provider with its usage as it came.
CREATE TABLE provider_call (
    id         TEXT PRIMARY KEY,
    turn       TEXT NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    purpose    TEXT NOT NULL,                 -- agent, title
    model      TEXT NOT NULL,
    api        TEXT NOT NULL,
    status     INTEGER NOT NULL,
    stop       TEXT NOT NULL DEFAULT '',
    error      TEXT NOT NULL DEFAULT '',
    usage      TEXT NOT NULL DEFAULT '{}',    -- raw
    tokens_in  INTEGER NOT NULL DEFAULT 0,
    tokens_out INTEGER NOT NULL DEFAULT 0,
    took_ms    INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX provider_call_by_turn ON provider_call (turn);
