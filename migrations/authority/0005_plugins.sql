-- Plugins: which versions were let in and on whose word, where each may run, what a person consented to, what was called.

CREATE TABLE market (
    name       TEXT PRIMARY KEY,              -- [a-z][a-z0-9-]*
    place      TEXT NOT NULL,                 -- its folder or address: the command line reads it, gate does not
    root_key   TEXT NOT NULL,                 -- what its first root note is pinned by
    state      TEXT NOT NULL DEFAULT '',      -- plugin/trust.h's state as JSON: saved only when all of a check went well
    checked_ms INTEGER NOT NULL DEFAULT 0,
    stale_ms   INTEGER NOT NULL DEFAULT 0,    -- its timestamp ends then: updates wait. 0: never
    ends_ms    INTEGER NOT NULL DEFAULT 0,    -- its snapshot ends then: its plugins go on at E0 and E1 alone. 0: never
    added_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A version, for good: the SHA-256 of its manifest's text pins every byte of it.
CREATE TABLE plugin_version (
    digest    TEXT PRIMARY KEY,               -- hex
    id        TEXT NOT NULL,                  -- namespace/name
    serial    INTEGER NOT NULL,
    version   TEXT NOT NULL,
    level     TEXT NOT NULL CHECK (level IN ('bundled', 'community', 'private', 'dev')),
    market    TEXT NOT NULL,                  -- '' : none
    publisher TEXT NOT NULL,
    key       TEXT NOT NULL,                  -- the publisher's, as in its note
    manifest  TEXT NOT NULL,                  -- the note
    facts     TEXT NOT NULL,                  -- JSON that gate decides by: app/gate/plugin_facts.h
    reviewers TEXT NOT NULL DEFAULT '[]',     -- JSON array of names
    vet_ms    INTEGER NOT NULL DEFAULT 0,     -- until when their word holds; 0: nobody vetted it
    log_index INTEGER NOT NULL DEFAULT -1,    -- of its leaf in the market's log
    revoked   TEXT NOT NULL DEFAULT '',       -- why, in a sentence
    by_who    TEXT NOT NULL,
    added_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX plugin_version_by_id ON plugin_version (id, serial);

CREATE TABLE plugin (
    id           TEXT PRIMARY KEY,
    digest       TEXT NOT NULL REFERENCES plugin_version (digest), -- the version that runs
    state        TEXT NOT NULL CHECK (state IN ('on', 'off', 'revoked')),
    previous     TEXT NOT NULL DEFAULT '',    -- digest that rollback goes back to
    held         TEXT NOT NULL DEFAULT '',    -- digest of a version that waits for a person's consent
    held_why     TEXT NOT NULL DEFAULT '[]',  -- JSON array of sentences
    staged       TEXT NOT NULL DEFAULT '',    -- digest of a version that only people of staged_group get yet
    staged_group TEXT NOT NULL DEFAULT '',
    scope        TEXT NOT NULL DEFAULT '[]',  -- JSON array of [kind, name]: deployment, group, dataset
    mode         TEXT NOT NULL DEFAULT '' CHECK (mode IN ('', 'public', 'private')), -- '' : both
    reads        INTEGER NOT NULL DEFAULT 3,  -- the highest level that it is let read, whatever it declares
    settings     TEXT NOT NULL DEFAULT '{}',  -- JSON object
    installed_ms INTEGER NOT NULL,
    changed_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What an admin agreed to, when: kept when the plugin is removed.
CREATE TABLE plugin_consent (
    plugin TEXT NOT NULL,
    digest TEXT NOT NULL,
    by_who TEXT NOT NULL,
    at_ms  INTEGER NOT NULL,
    what   TEXT NOT NULL,                     -- JSON: what was consented to, in words
    PRIMARY KEY (plugin, at_ms, digest)
) STRICT, WITHOUT ROWID;

-- Named lists of people, for staged rollouts.
CREATE TABLE plugin_group (
    name TEXT NOT NULL,
    user TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    PRIMARY KEY (name, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin_notice (
    seq    INTEGER PRIMARY KEY,
    plugin TEXT NOT NULL,                     -- '' : of a market
    kind   TEXT NOT NULL,                     -- held revoked expired owner stale
    text   TEXT NOT NULL,
    at_ms  INTEGER NOT NULL,
    gone   INTEGER NOT NULL DEFAULT 0         -- an admin put it away, or its cause is over
) STRICT;
CREATE INDEX plugin_notice_open ON plugin_notice (plugin) WHERE gone = 0;

-- Calls that were granted: what a plugin asks back for must belong to one of them.
CREATE TABLE plugin_call (
    turn     TEXT NOT NULL,
    ordinal  INTEGER NOT NULL,
    plugin   TEXT NOT NULL,
    digest   TEXT NOT NULL,
    tool     TEXT NOT NULL,
    effect   INTEGER NOT NULL,
    approval TEXT NOT NULL,                   -- p_... that was used up for it, or ''
    fetches  INTEGER NOT NULL DEFAULT 0,
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (turn, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX plugin_call_by_age ON plugin_call (at_ms);
