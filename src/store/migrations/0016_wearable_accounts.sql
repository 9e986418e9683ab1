-- Children's accounts at wearable services: a child has one at most. Whoever is deleted takes all of it along.
CREATE TABLE wearable_account (
    child_id BLOB    NOT NULL CONSTRAINT wearable_account_pk PRIMARY KEY
             CONSTRAINT wearable_account_child REFERENCES child (account_id) ON DELETE CASCADE,
    -- Drawn anew whenever tokens are submitted, and how often they were refreshed since.
    record   BLOB    NOT NULL CONSTRAINT wearable_account_record CHECK (length(record) = 12),
    version  INTEGER NOT NULL,
    provider TEXT    NOT NULL CONSTRAINT wearable_account_provider CHECK (provider IN ('fitbit', 'google')),
    -- Both, sealed for this child and provider.
    tokens   BLOB    NOT NULL,
    -- What the access token lets be read (1: weights, 2: activities, 4: sleep), and its end: milliseconds since 1970, UTC.
    features INTEGER NOT NULL,
    ends_at  INTEGER NOT NULL,
    status   TEXT    NOT NULL CONSTRAINT wearable_account_status CHECK (status IN ('valid_token', 'invalid_token')),
    -- Who it is there, hashed with a key.
    subject  BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX wearable_account_subject ON wearable_account (subject) WHERE subject IS NOT NULL;

-- What was in the last list that a service gave, by its ids, hashed with a key: it is not stored again.
CREATE TABLE wearable_seen (
    child_id BLOB    NOT NULL CONSTRAINT wearable_seen_child REFERENCES child (account_id) ON DELETE CASCADE,
    provider TEXT    NOT NULL,
    -- Which kind of data (model/wearables).
    kind     INTEGER NOT NULL,
    item     BLOB    NOT NULL,
    CONSTRAINT wearable_seen_pk PRIMARY KEY (child_id, provider, kind, item)
) STRICT, WITHOUT ROWID;
