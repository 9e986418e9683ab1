-- What is tracked of children, and of the air in institutions. There are millions of these rows, so that they are small:
-- * A row's id is the first eight bytes of what clients see; the last four are store_state.node. It counts with the time
--   of registration, whose milliseconds are its upper 48 bits: no column repeats them.
-- * Children and institutions have a number here, in place of their ids.
-- * Instants are milliseconds since 1970, UTC. An end is its start and its duration.
-- * Series are packed; the first byte of each names its form (store/tracking).

CREATE TABLE tracked_child (
    number   INTEGER NOT NULL CONSTRAINT tracked_child_pk PRIMARY KEY,
    child_id BLOB    NOT NULL CONSTRAINT tracked_child_id UNIQUE
             CONSTRAINT tracked_child_child REFERENCES child (account_id) ON DELETE CASCADE
) STRICT;

CREATE TABLE physical_activity (
    child      INTEGER NOT NULL CONSTRAINT physical_activity_child REFERENCES tracked_child (number) ON DELETE CASCADE,
    id         INTEGER NOT NULL,
    start_time INTEGER NOT NULL,
    duration   INTEGER NOT NULL CONSTRAINT physical_activity_duration CHECK (duration > 0),
    name       TEXT    NOT NULL,
    calories   REAL    NOT NULL,
    steps      INTEGER,
    distance   REAL,
    levels     BLOB,
    heart_rate BLOB,
    CONSTRAINT physical_activity_pk PRIMARY KEY (child, id),
    CONSTRAINT physical_activity_start UNIQUE (child, start_time)
) STRICT, WITHOUT ROWID;

-- The totals of one day; an absent one counts as zero.
CREATE TABLE day_totals (
    child                  INTEGER NOT NULL CONSTRAINT day_totals_child
                           REFERENCES tracked_child (number) ON DELETE CASCADE,
    -- Days since 1970-01-01.
    day                    INTEGER NOT NULL,
    steps                  REAL,
    calories               REAL,
    active_minutes         REAL,
    lightly_active_minutes REAL,
    sedentary_minutes      REAL,
    CONSTRAINT day_totals_pk PRIMARY KEY (child, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE sleep (
    child      INTEGER NOT NULL CONSTRAINT sleep_child REFERENCES tracked_child (number) ON DELETE CASCADE,
    id         INTEGER NOT NULL,
    start_time INTEGER NOT NULL,
    duration   INTEGER NOT NULL CONSTRAINT sleep_duration CHECK (duration > 0),
    -- 0: classic, 1: stages.
    type       INTEGER NOT NULL CONSTRAINT sleep_type CHECK (type IN (0, 1)),
    data_set   BLOB    NOT NULL,
    CONSTRAINT sleep_pk PRIMARY KEY (child, id),
    CONSTRAINT sleep_start UNIQUE (child, start_time)
) STRICT, WITHOUT ROWID;

CREATE TABLE weight (
    child     INTEGER NOT NULL CONSTRAINT weight_child REFERENCES tracked_child (number) ON DELETE CASCADE,
    id        INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    value     REAL    NOT NULL,
    unit      TEXT    NOT NULL,
    -- Whether it is linked with the body fat of its child and timestamp.
    linked    INTEGER NOT NULL CONSTRAINT weight_linked CHECK (linked IN (0, 1)),
    CONSTRAINT weight_pk PRIMARY KEY (child, id),
    CONSTRAINT weight_timestamp UNIQUE (child, timestamp)
) STRICT, WITHOUT ROWID;

CREATE TABLE body_fat (
    child     INTEGER NOT NULL CONSTRAINT body_fat_child REFERENCES tracked_child (number) ON DELETE CASCADE,
    id        INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    value     REAL    NOT NULL,
    CONSTRAINT body_fat_pk PRIMARY KEY (child, id),
    CONSTRAINT body_fat_timestamp UNIQUE (child, timestamp)
) STRICT, WITHOUT ROWID;

CREATE TABLE tracked_institution (
    number         INTEGER NOT NULL CONSTRAINT tracked_institution_pk PRIMARY KEY,
    institution_id BLOB    NOT NULL CONSTRAINT tracked_institution_id UNIQUE
                   CONSTRAINT tracked_institution_institution REFERENCES institution (id) ON DELETE CASCADE,
    -- How many environments it has: to count millions for a page takes too long.
    environments   INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Where sensors stand. A text that was not given is empty, so that absent ones are equal.
CREATE TABLE place (
    number      INTEGER NOT NULL CONSTRAINT place_pk PRIMARY KEY,
    institution INTEGER NOT NULL CONSTRAINT place_institution
                REFERENCES tracked_institution (number) ON DELETE CASCADE,
    local       TEXT    NOT NULL,
    room        TEXT    NOT NULL,
    latitude    TEXT    NOT NULL,
    longitude   TEXT    NOT NULL,
    CONSTRAINT place_location UNIQUE (institution, local, room, latitude, longitude)
) STRICT;

CREATE TABLE environment (
    institution  INTEGER NOT NULL CONSTRAINT environment_institution
                 REFERENCES tracked_institution (number) ON DELETE CASCADE,
    id           INTEGER NOT NULL,
    timestamp    INTEGER NOT NULL,
    -- No reference: SQLite would look for it in every row when a place goes, and places go with their institution.
    place        INTEGER NOT NULL,
    climatized   INTEGER NOT NULL CONSTRAINT environment_climatized CHECK (climatized IN (0, 1)),
    measurements BLOB    NOT NULL,
    CONSTRAINT environment_pk PRIMARY KEY (institution, id),
    CONSTRAINT environment_timestamp UNIQUE (institution, timestamp, place)
) STRICT, WITHOUT ROWID;
