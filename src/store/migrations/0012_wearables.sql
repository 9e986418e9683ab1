-- Imports of files of wearables. Their numbers and those of rosters are drawn from one sequence, so that one names one.
CREATE TABLE wearable_batch (
    number     INTEGER NOT NULL CONSTRAINT wearable_batch_pk PRIMARY KEY,
    -- What was read, and which version of its reader read it.
    source     TEXT    NOT NULL,
    reader     INTEGER NOT NULL,
    -- Milliseconds since 1970, UTC.
    applied_at INTEGER NOT NULL,
    undone_at  INTEGER
) STRICT;

-- What of that is tracked came from which import. There is a row for each total of a day, and for each other thing.
CREATE TABLE wearable_row (
    child  INTEGER NOT NULL CONSTRAINT wearable_row_child REFERENCES tracked_child (number) ON DELETE CASCADE,
    -- Which kind of data (model/wearables).
    kind   INTEGER NOT NULL,
    -- A total's day, or the number of a thing's id.
    place  INTEGER NOT NULL,
    batch  INTEGER NOT NULL,
    -- What the source knows it by, hashed.
    key    INTEGER NOT NULL,
    -- What was stored, of totals and body fats: others may change these.
    value  REAL,
    CONSTRAINT wearable_row_pk PRIMARY KEY (child, kind, place)
) STRICT, WITHOUT ROWID;

-- What an import found in the place of what it stored, for putting it back.
CREATE TABLE wearable_before (
    child   INTEGER NOT NULL CONSTRAINT wearable_before_child REFERENCES tracked_child (number) ON DELETE CASCADE,
    kind    INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    batch   INTEGER NOT NULL,
    -- The import that it was from.
    earlier INTEGER NOT NULL,
    -- As the program writes what it reads.
    was     TEXT    NOT NULL,
    CONSTRAINT wearable_before_pk PRIMARY KEY (child, kind, place, batch)
) STRICT, WITHOUT ROWID;

-- What a child's files do not say, as it was answered.
CREATE TABLE wearable_answer (
    child    INTEGER NOT NULL CONSTRAINT wearable_answer_child REFERENCES tracked_child (number) ON DELETE CASCADE,
    source   TEXT    NOT NULL,
    question TEXT    NOT NULL,
    answer   TEXT    NOT NULL,
    CONSTRAINT wearable_answer_pk PRIMARY KEY (child, source, question)
) STRICT, WITHOUT ROWID;

-- What is deleted leaves nothing behind.
CREATE TRIGGER day_totals_forgotten AFTER DELETE ON day_totals BEGIN
    DELETE FROM wearable_row WHERE child = old.child AND kind BETWEEN 0 AND 4 AND place = old.day;
    DELETE FROM wearable_before WHERE child = old.child AND kind BETWEEN 0 AND 4 AND place = old.day;
END;
CREATE TRIGGER physical_activity_forgotten AFTER DELETE ON physical_activity BEGIN
    DELETE FROM wearable_row WHERE child = old.child AND kind = 5 AND place = old.id;
    DELETE FROM wearable_before WHERE child = old.child AND kind = 5 AND place = old.id;
END;
CREATE TRIGGER sleep_forgotten AFTER DELETE ON sleep BEGIN
    DELETE FROM wearable_row WHERE child = old.child AND kind = 6 AND place = old.id;
    DELETE FROM wearable_before WHERE child = old.child AND kind = 6 AND place = old.id;
END;
CREATE TRIGGER weight_forgotten AFTER DELETE ON weight BEGIN
    DELETE FROM wearable_row WHERE child = old.child AND kind = 7 AND place = old.id;
    DELETE FROM wearable_before WHERE child = old.child AND kind = 7 AND place = old.id;
END;
CREATE TRIGGER body_fat_forgotten AFTER DELETE ON body_fat BEGIN
    DELETE FROM wearable_row WHERE child = old.child AND kind = 8 AND place = old.id;
    DELETE FROM wearable_before WHERE child = old.child AND kind = 8 AND place = old.id;
END;
