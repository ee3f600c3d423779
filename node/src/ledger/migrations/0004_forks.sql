-- That two different records of the own log were signed for one place, once it is known. Nothing is signed any more.
CREATE TABLE forks (
    number   INTEGER NOT NULL PRIMARY KEY CHECK (number = 1),
    seq      INTEGER NOT NULL,
    noted_at INTEGER NOT NULL
) STRICT;
