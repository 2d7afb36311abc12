-- How far a plugin is let read in public conversations: said apart, so that it may be on beside one that sends, which is in
-- public conversations alone.
ALTER TABLE plugin ADD COLUMN public_reads INTEGER NOT NULL DEFAULT 3 CHECK (public_reads BETWEEN 0 AND 3);
