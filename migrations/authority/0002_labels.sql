-- Labels: of datasets, their tables and columns; of conversations, where they only grow; and what one turn has used up.

ALTER TABLE dataset ADD COLUMN level INTEGER NOT NULL DEFAULT -1 CHECK (level BETWEEN -1 AND 3); -- -1: as its visibility
ALTER TABLE dataset ADD COLUMN integrity INTEGER NOT NULL DEFAULT 4 CHECK (integrity BETWEEN 0 AND 4);
ALTER TABLE dataset ADD COLUMN writable INTEGER NOT NULL DEFAULT 0; -- changes may be proposed
ALTER TABLE dataset ADD COLUMN held INTEGER NOT NULL DEFAULT 0;     -- a change waits to be published to its readers
ALTER TABLE dataset ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;    -- nobody reads it until its files are made anew, for other labels

CREATE TABLE label (
    dataset   TEXT NOT NULL REFERENCES dataset (name) ON DELETE CASCADE,
    tbl       TEXT NOT NULL COLLATE NOCASE,
    col       TEXT NOT NULL COLLATE NOCASE,   -- '': the whole table
    level     INTEGER NOT NULL CHECK (level BETWEEN 0 AND 3),
    integrity INTEGER NOT NULL CHECK (integrity BETWEEN 0 AND 4),
    PRIMARY KEY (dataset, tbl, col)
) STRICT, WITHOUT ROWID;

-- level is the taint's: what the conversation's data has been labelled with; message, its person's own words.
ALTER TABLE conversation ADD COLUMN categories TEXT NOT NULL DEFAULT '[]'; -- JSON array of names; "*": all
ALTER TABLE conversation ADD COLUMN integrity INTEGER NOT NULL DEFAULT 0 CHECK (integrity BETWEEN 0 AND 4);
ALTER TABLE conversation ADD COLUMN sources TEXT NOT NULL DEFAULT '[]';    -- JSON: where the integrity came from
ALTER TABLE conversation ADD COLUMN message INTEGER NOT NULL DEFAULT 0 CHECK (message BETWEEN 0 AND 3);

-- What a conversation opened, and up to which clearance: a label that is raised later raises its conversations.
CREATE TABLE conversation_read (
    conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    dataset      TEXT NOT NULL,
    ceiling      INTEGER NOT NULL,
    PRIMARY KEY (conversation, dataset)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_read_by_dataset ON conversation_read (dataset, ceiling);

-- Conversations of before labels may have read all that they name, from anybody, with a model's words in between.
UPDATE conversation SET integrity = 4, message = CASE mode WHEN 'private' THEN 2 ELSE 0 END,
    sources = '[{"name":"before labels","integrity":4}]',
    categories = (SELECT json_group_array(n.value) FROM json_each(conversation.datasets) n
        WHERE NOT EXISTS (SELECT 1 FROM dataset d WHERE d.name = n.value AND d.visibility <> 'private'));
INSERT INTO conversation_read (conversation, dataset, ceiling)
    SELECT c.id, n.value, c.level FROM conversation c, json_each(c.datasets) n WHERE true ON CONFLICT DO NOTHING;

-- No statement, of ours or anybody's, lets a label fall or a mode change.
CREATE TRIGGER conversation_label_grows BEFORE UPDATE ON conversation
WHEN NEW.level < OLD.level OR NEW.integrity < OLD.integrity OR NEW.message < OLD.message OR NEW.mode <> OLD.mode
    OR EXISTS (SELECT 1 FROM json_each(OLD.categories) o WHERE o.value NOT IN (SELECT n.value FROM json_each(NEW.categories) n)
        AND '*' NOT IN (SELECT n.value FROM json_each(NEW.categories) n))
BEGIN
    SELECT RAISE(ABORT, 'a label only grows');
END;

-- What a turn has proposed and been refused: beyond the policy's bounds it is frozen.
CREATE TABLE turn_use (
    turn     TEXT PRIMARY KEY,                -- t_...
    calls    INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0,
    begun_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX turn_use_by_age ON turn_use (begun_ms);
