-- Users who left cannot log in, and lists do not show them unless they are asked for. Milliseconds since 1970, UTC.
ALTER TABLE account ADD COLUMN deactivated_at INTEGER;

-- Lists count and page those who are here, in the index alone.
DROP INDEX account_by_role;
CREATE INDEX account_by_role ON account (role, deactivated_at, id, username);

-- What is to become of users later, and who said so.
CREATE TABLE departure (
    account_id    BLOB    NOT NULL CONSTRAINT departure_pk PRIMARY KEY
                  CONSTRAINT departure_account REFERENCES account (id) ON DELETE CASCADE,
    -- When a user is to be deactivated who is not yet.
    deactivate_at INTEGER,
    -- When one who is deactivated is to be deleted.
    erase_at      INTEGER,
    -- How often the service found that due: it waits for a day of its own time, lest a wrong clock deletes people.
    found_due     INTEGER NOT NULL DEFAULT 0,
    -- Whether an import deactivated the user, and so may activate it again.
    by_import     INTEGER NOT NULL CONSTRAINT departure_by_import CHECK (by_import IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Which upload an import was, if it came over HTTP: none is applied twice. And how many of its changes are removals.
ALTER TABLE roster_batch ADD COLUMN upload TEXT;
ALTER TABLE roster_batch ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX roster_batch_upload ON roster_batch (upload) WHERE upload IS NOT NULL;
