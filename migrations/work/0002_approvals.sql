-- Turns that wait for an approval of gate's, and the label of each result.

ALTER TABLE turn ADD COLUMN approval TEXT NOT NULL DEFAULT ''; -- p_... while the turn rests for it, until its call has a result
CREATE INDEX turn_approval ON turn (approval) WHERE state = 'waiting' AND approval <> '';

-- The join over what was read. Results from before there were labels count as private, of outside origin.
ALTER TABLE result ADD COLUMN level     INTEGER NOT NULL DEFAULT 2; -- 0 public, 1 org, 2 private, 3 secret
ALTER TABLE result ADD COLUMN integrity INTEGER NOT NULL DEFAULT 4; -- 0 system .. 4 external
