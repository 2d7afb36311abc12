-- Hosts that an admin put in place of those that a plugin declares: where its bytes really go.

ALTER TABLE plugin ADD COLUMN endpoints TEXT NOT NULL DEFAULT '{}'; -- JSON object: declared origin -> address
