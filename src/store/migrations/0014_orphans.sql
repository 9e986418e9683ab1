-- Whoever is deleted leaves what is tracked of him behind: it is deleted right after, a few rows at a time, so that others
-- can write meanwhile. Who owned it, nobody knows any more.
CREATE TABLE tracked_child_anew (
    number   INTEGER NOT NULL CONSTRAINT tracked_child_pk PRIMARY KEY,
    child_id BLOB    CONSTRAINT tracked_child_id UNIQUE
             CONSTRAINT tracked_child_child REFERENCES child (account_id) ON DELETE SET NULL
) STRICT;
INSERT INTO tracked_child_anew (number, child_id) SELECT number, child_id FROM tracked_child;
DROP TABLE tracked_child;
ALTER TABLE tracked_child_anew RENAME TO tracked_child;
CREATE INDEX tracked_child_orphan ON tracked_child (number) WHERE child_id IS NULL;

CREATE TABLE tracked_institution_anew (
    number         INTEGER NOT NULL CONSTRAINT tracked_institution_pk PRIMARY KEY,
    institution_id BLOB    CONSTRAINT tracked_institution_id UNIQUE
                   CONSTRAINT tracked_institution_institution REFERENCES institution (id) ON DELETE SET NULL,
    -- How many environments it has: to count millions for a page takes too long.
    environments   INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO tracked_institution_anew (number, institution_id, environments)
    SELECT number, institution_id, environments FROM tracked_institution;
DROP TABLE tracked_institution;
ALTER TABLE tracked_institution_anew RENAME TO tracked_institution;
CREATE INDEX tracked_institution_orphan ON tracked_institution (number) WHERE institution_id IS NULL;
