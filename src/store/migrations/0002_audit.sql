-- Who did what to whom, when, from where. Ids alone: never names, never values. No references: they outlive what they name.
CREATE TABLE audit (
    id         INTEGER NOT NULL CONSTRAINT audit_pk PRIMARY KEY AUTOINCREMENT,
    -- Milliseconds since 1970, UTC.
    at         INTEGER NOT NULL,
    actor_id   BLOB    CONSTRAINT audit_actor_id CHECK (length(actor_id) = 12),
    actor_role TEXT,
    -- The operation's id.
    action     TEXT    NOT NULL,
    target_id  BLOB    CONSTRAINT audit_target_id CHECK (length(target_id) = 12),
    -- What belongs to the target, if that is what was changed: a group, or a child of a family.
    part_id    BLOB    CONSTRAINT audit_part_id CHECK (length(part_id) = 12),
    address    TEXT,
    -- Of log-ins that succeed: what counts as one client, the address or its /64.
    network    TEXT,
    outcome    TEXT    NOT NULL,
    request_id TEXT,
    -- Of refusals, a row stands for as many as this.
    count      INTEGER NOT NULL CONSTRAINT audit_count CHECK (count > 0)
) STRICT;

CREATE INDEX audit_by_time ON audit (at);
-- From where a user logged in before.
CREATE INDEX audit_by_login ON audit (actor_id, network) WHERE network IS NOT NULL;
CREATE INDEX audit_by_actor ON audit (actor_id, at);
