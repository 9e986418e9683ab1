-- What other programs of a school know things by, so that next year's file finds them again. Sealed: it may be a name.
CREATE TABLE roster_source (
    sheet  TEXT NOT NULL,
    source BLOB NOT NULL,
    thing  BLOB NOT NULL CONSTRAINT roster_source_thing UNIQUE
           CONSTRAINT roster_source_id CHECK (length(thing) = 12),
    CONSTRAINT roster_source_pk PRIMARY KEY (sheet, source)
) STRICT, WITHOUT ROWID;

-- The imports that were carried out.
CREATE TABLE roster_batch (
    number     INTEGER NOT NULL CONSTRAINT roster_batch_pk PRIMARY KEY AUTOINCREMENT,
    format     TEXT    NOT NULL,
    -- Milliseconds since 1970, UTC.
    applied_at INTEGER NOT NULL,
    undone_at  INTEGER
) STRICT;

-- What each of them changed, for taking it back. No reference to the thing: it is of any kind.
CREATE TABLE roster_change (
    batch  INTEGER NOT NULL CONSTRAINT roster_change_batch REFERENCES roster_batch (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    sheet  TEXT    NOT NULL,
    thing  BLOB    NOT NULL CONSTRAINT roster_change_thing CHECK (length(thing) = 12),
    -- The values of the columns that were changed, sealed; without those before, the thing was made.
    before BLOB,
    after  BLOB    NOT NULL,
    CONSTRAINT roster_change_pk PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX roster_change_by_thing ON roster_change (thing);

-- What is deleted leaves nothing behind.
CREATE TRIGGER account_forgotten AFTER DELETE ON account BEGIN
    DELETE FROM roster_source WHERE thing = old.id;
    DELETE FROM roster_change WHERE thing = old.id;
END;
CREATE TRIGGER institution_forgotten AFTER DELETE ON institution BEGIN
    DELETE FROM roster_source WHERE thing = old.id;
    DELETE FROM roster_change WHERE thing = old.id;
END;
CREATE TRIGGER children_group_forgotten AFTER DELETE ON children_group BEGIN
    DELETE FROM roster_source WHERE thing = old.id;
    DELETE FROM roster_change WHERE thing = old.id;
END;
