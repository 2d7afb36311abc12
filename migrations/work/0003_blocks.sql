-- What plugins answer: blocks under a handle, and files by their hash.

ALTER TABLE result ADD COLUMN kind   TEXT NOT NULL DEFAULT 'rows'; -- rows, or blocks: then columns and cells are empty
ALTER TABLE result ADD COLUMN plugin TEXT NOT NULL DEFAULT '';     -- namespace/name
ALTER TABLE result ADD COLUMN digest TEXT NOT NULL DEFAULT '';     -- of its version
ALTER TABLE result ADD COLUMN blocks TEXT NOT NULL DEFAULT '';     -- JSON array

CREATE TABLE artifact (
    conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    sha256       TEXT NOT NULL,               -- hex, of the bytes
    type         TEXT NOT NULL,               -- image/png image/jpeg image/webp: what the bytes are, not what was said
    alt          TEXT NOT NULL,
    plugin       TEXT NOT NULL,               -- who made it
    level        INTEGER NOT NULL,
    made_ms      INTEGER NOT NULL,
    bytes        BLOB NOT NULL,
    PRIMARY KEY (conversation, sha256)
) STRICT;
