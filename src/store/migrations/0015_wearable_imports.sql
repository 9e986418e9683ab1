-- Of which children an import stored something, and who asked for it. Each child's part is taken back by itself.
CREATE TABLE wearable_import (
    batch     INTEGER NOT NULL CONSTRAINT wearable_import_batch REFERENCES wearable_batch (number),
    child     INTEGER NOT NULL CONSTRAINT wearable_import_child REFERENCES tracked_child (number) ON DELETE CASCADE,
    -- Whose account asked for it; NULL if it was the machine's operator.
    made_by   BLOB,
    -- How many things it stored where nothing was, and in the place of others.
    created   INTEGER NOT NULL,
    changed   INTEGER NOT NULL,
    -- Milliseconds since 1970, UTC.
    undone_at INTEGER,
    CONSTRAINT wearable_import_pk PRIMARY KEY (child, batch)
) STRICT, WITHOUT ROWID;

CREATE INDEX wearable_import_by_batch ON wearable_import (batch);

-- Of what there was before only what is there still is known.
INSERT INTO wearable_import (batch, child, created, changed, undone_at)
    SELECT r.batch, r.child, count(*) - count(w.batch), count(w.batch), b.undone_at
    FROM wearable_row r
    JOIN wearable_batch b ON b.number = r.batch
    LEFT JOIN wearable_before w ON (w.child, w.kind, w.place, w.batch) = (r.child, r.kind, r.place, r.batch)
    GROUP BY r.batch, r.child;
