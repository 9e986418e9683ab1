-- The latest time (ms since 1970) that an id or a token was given out at: after a restore, numbers of tokens tell none.
ALTER TABLE store_state ADD COLUMN newest_instant INTEGER NOT NULL DEFAULT 0;
UPDATE store_state SET newest_instant = max(last_id >> 16, last_token / 1000);
-- Which costs there are among password hashes: what stands before salt and output, which are always as long.
CREATE INDEX account_by_hash_cost ON account (substr(password_hash, 1, length(password_hash) - 67));
