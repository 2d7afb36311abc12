-- What marketplaces offer, as their last check vouched for it: made anew by every market.update, for the catalogue alone.
-- Whoever installs checks everything again.

CREATE TABLE market_offer (
    market    TEXT NOT NULL REFERENCES market (name) ON DELETE CASCADE,
    id        TEXT NOT NULL,                  -- namespace/name
    serial    INTEGER NOT NULL,
    status    TEXT NOT NULL CHECK (status IN ('ok', 'yanked', 'revoked')),
    newest    INTEGER NOT NULL,               -- 1: the highest serial of its id that is ok
    digest    TEXT NOT NULL,                  -- hex, of its manifest
    version   TEXT NOT NULL,
    title     TEXT NOT NULL,
    about     TEXT NOT NULL,
    publisher TEXT NOT NULL,
    level     TEXT NOT NULL,
    effect    TEXT NOT NULL,
    abc       TEXT NOT NULL,
    reviewers TEXT NOT NULL,                  -- JSON array of names
    words     TEXT NOT NULL,                  -- JSON array: what it can do
    vet_ms    INTEGER NOT NULL,               -- until when the reviewers' word holds
    log_index INTEGER NOT NULL,               -- -1: its proof does not show it
    PRIMARY KEY (market, id, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX market_offer_by_id ON market_offer (id, serial);
