-- People who were deleted: a backup from before holds them still, and a restore deletes them again. Ids alone. No
-- reference to account: they are gone, unless a restore was told to bring them back.
CREATE TABLE erasure (
    account_id BLOB    NOT NULL CONSTRAINT erasure_pk PRIMARY KEY
               CONSTRAINT erasure_account_id CHECK (length(account_id) = 12),
    -- Counts with store_state.last_id: a state of this database is from before the deletion if that is smaller.
    number     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO erasure (account_id, number)
SELECT target_id, max(at) << 16 FROM audit
WHERE action = 'user_delete' AND outcome = 'ok' AND target_id NOT IN (SELECT id FROM account)
GROUP BY target_id;
