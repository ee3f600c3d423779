-- Times are milliseconds since 1970; truth values are 0 or 1.

CREATE TABLE identity (
    one         INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    did         TEXT    NOT NULL,
    signing_key BLOB    NOT NULL,
    network_key BLOB    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
    number     INTEGER NOT NULL PRIMARY KEY,
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    label      TEXT    NOT NULL,
    scopes     TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Content-addressed: images of achievements, snapshots of lists.
CREATE TABLE blobs (
    sha256 BLOB NOT NULL PRIMARY KEY CHECK (length(sha256) = 32),
    bytes  BLOB NOT NULL
) STRICT;

CREATE TABLE achievements (
    number       INTEGER NOT NULL PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    object       BLOB    NOT NULL,
    image_sha256 BLOB    REFERENCES blobs (sha256),
    created_at   INTEGER NOT NULL,
    published_at INTEGER
) STRICT;

CREATE TABLE status_lists (
    number     INTEGER NOT NULL PRIMARY KEY,
    url        TEXT    NOT NULL UNIQUE,
    purpose    TEXT    NOT NULL CHECK (purpose IN ('revocation', 'suspension')),
    entries    INTEGER NOT NULL CHECK (entries > 0),
    seed       BLOB    NOT NULL,
    -- Counters below this one were given out, or burned by a crash.
    reserved   INTEGER NOT NULL DEFAULT 0 CHECK (reserved BETWEEN 0 AND entries),
    -- The version that the own log last published.
    version    INTEGER NOT NULL DEFAULT 0,
    announced  INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE credentials (
    number       INTEGER NOT NULL PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    json         BLOB    NOT NULL,
    achievement  TEXT    REFERENCES achievements (id),
    recipient    TEXT,
    list         INTEGER REFERENCES status_lists (number),
    list_index   INTEGER,
    issued_at    INTEGER NOT NULL,
    UNIQUE (list, list_index)
) STRICT;
CREATE INDEX credentials_of_achievement ON credentials (achievement, number);
CREATE INDEX credentials_of_recipient ON credentials (recipient, number);

-- What each index that was ever set is now, and what the own log last said of it.
CREATE TABLE statuses (
    list       INTEGER NOT NULL REFERENCES status_lists (number),
    list_index INTEGER NOT NULL,
    value      INTEGER NOT NULL CHECK (value IN (0, 1)),
    published  INTEGER NOT NULL DEFAULT 0 CHECK (published IN (0, 1)),
    reason     TEXT,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (list, list_index)
) STRICT;

-- Every change in the order it was made.
CREATE TABLE status_changes (
    number     INTEGER NOT NULL PRIMARY KEY,
    list       INTEGER NOT NULL REFERENCES status_lists (number),
    list_index INTEGER NOT NULL,
    value      INTEGER NOT NULL CHECK (value IN (0, 1)),
    reason     TEXT,
    changed_at INTEGER NOT NULL,
    pending    INTEGER NOT NULL DEFAULT 1 CHECK (pending IN (0, 1))
) STRICT;
CREATE INDEX pending_changes ON status_changes (number) WHERE pending = 1;

-- The own log, as signed.
CREATE TABLE own_records (
    epoch       INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    id          BLOB    NOT NULL UNIQUE CHECK (length(id) = 32),
    bytes       BLOB    NOT NULL,
    blob_sha256 BLOB    REFERENCES blobs (sha256),
    PRIMARY KEY (epoch, seq)
) STRICT;

-- Of every other issuer: the latest head that was seen. A chain that lacks it is refused.
CREATE TABLE floors (
    issuer TEXT    NOT NULL PRIMARY KEY,
    epoch  INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    id     BLOB    NOT NULL CHECK (length(id) = 32)
) STRICT;
