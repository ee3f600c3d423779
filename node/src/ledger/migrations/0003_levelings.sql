-- Each time the ledger turned out to be an older copy of itself: what was signed after it is asked of peers, and
-- nothing is signed until then.
CREATE TABLE levelings (
    number   INTEGER NOT NULL PRIMARY KEY,
    reason   TEXT    NOT NULL CHECK (reason IN ('restored', 'behind')),
    -- When the backup was made.
    made_at  INTEGER,
    begun_at INTEGER NOT NULL,
    -- Stands in the URLs of lists made from then on, so that none is that of a list which this ledger doesn't know.
    tag      TEXT    NOT NULL,
    level_at INTEGER,
    level_by TEXT    CHECK (level_by IN ('peers', 'operator'))
) STRICT;

-- Nothing is issued from a closed list any more.
ALTER TABLE status_lists ADD COLUMN closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1));
