-- One row of facts about this database, and the counters that never go back.
CREATE TABLE store_state (
    only_row           INTEGER NOT NULL CONSTRAINT store_state_pk PRIMARY KEY
                       CONSTRAINT store_state_single CHECK (only_row = 1),
    -- The last four bytes of every id made here, so that ids of two databases differ.
    node               BLOB    NOT NULL CONSTRAINT store_state_node CHECK (length(node) = 4),
    -- For deriving the username key from a passphrase.
    username_salt      BLOB    NOT NULL CONSTRAINT store_state_salt CHECK (length(username_salt) = 16),
    -- A known text under the username key: tells whether a key fits.
    username_check     BLOB,
    -- The first eight bytes of the newest id.
    last_id            INTEGER NOT NULL,
    -- The number of the newest token.
    last_token         INTEGER NOT NULL,
    -- The latest instant (ms) at which a token made here can still be valid.
    last_token_expiry  INTEGER NOT NULL
) STRICT;

INSERT INTO store_state (only_row, node, username_salt, last_id, last_token, last_token_expiry)
VALUES (1, randomblob(4), randomblob(16), 0, 0, 0);

CREATE TABLE institution (
    id         BLOB    NOT NULL CONSTRAINT institution_pk PRIMARY KEY
               CONSTRAINT institution_id CHECK (length(id) = 12),
    name       TEXT    NOT NULL CONSTRAINT institution_name UNIQUE,
    type       TEXT    NOT NULL,
    address    TEXT,
    latitude   REAL    CONSTRAINT institution_latitude CHECK (latitude BETWEEN -90 AND 90),
    longitude  REAL    CONSTRAINT institution_longitude CHECK (longitude BETWEEN -180 AND 180),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Usernames are ciphertext (AES-SIV): equal names are equal bytes, so UNIQUE and look-ups work on them.
CREATE TABLE account (
    id             BLOB    NOT NULL CONSTRAINT account_pk PRIMARY KEY
                   CONSTRAINT account_id CHECK (length(id) = 12),
    role           TEXT    NOT NULL CONSTRAINT account_role CHECK (role IN
                   ('admin', 'child', 'educator', 'family', 'healthprofessional', 'application')),
    username       BLOB    NOT NULL,
    password_hash  TEXT    NOT NULL,
    institution_id BLOB    CONSTRAINT account_institution REFERENCES institution (id),
    created_at     INTEGER NOT NULL,
    last_login     INTEGER,
    CONSTRAINT account_username UNIQUE (username, role)
) STRICT, WITHOUT ROWID;

CREATE INDEX account_by_role ON account (role, id);
CREATE INDEX account_by_institution ON account (institution_id) WHERE institution_id IS NOT NULL;

CREATE TABLE child (
    account_id      BLOB NOT NULL CONSTRAINT child_pk PRIMARY KEY
                    CONSTRAINT child_account REFERENCES account (id) ON DELETE CASCADE,
    gender          TEXT NOT NULL CONSTRAINT child_gender CHECK (gender IN ('male', 'female')),
    age             TEXT NOT NULL,
    age_calc_date   TEXT,
    last_sync       INTEGER,
    fitbit_status   TEXT NOT NULL,
    nfc_tag         TEXT CONSTRAINT child_nfc_tag UNIQUE,
    tag_assigned_at INTEGER,
    CONSTRAINT child_tag_whole CHECK ((nfc_tag IS NULL) = (tag_assigned_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE application (
    account_id       BLOB NOT NULL CONSTRAINT application_pk PRIMARY KEY
                     CONSTRAINT application_account REFERENCES account (id) ON DELETE CASCADE,
    application_name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE family_child (
    family_id BLOB    NOT NULL CONSTRAINT family_child_family REFERENCES account (id) ON DELETE CASCADE,
    child_id  BLOB    NOT NULL CONSTRAINT family_child_child REFERENCES child (account_id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    CONSTRAINT family_child_pk PRIMARY KEY (family_id, child_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX family_child_by_child ON family_child (child_id);

CREATE TABLE children_group (
    id           BLOB    NOT NULL CONSTRAINT children_group_pk PRIMARY KEY
                 CONSTRAINT children_group_id CHECK (length(id) = 12),
    owner_id     BLOB    NOT NULL CONSTRAINT children_group_owner REFERENCES account (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    school_class TEXT,
    created_at   INTEGER NOT NULL,
    CONSTRAINT children_group_name UNIQUE (owner_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE group_member (
    group_id BLOB    NOT NULL CONSTRAINT group_member_group REFERENCES children_group (id) ON DELETE CASCADE,
    child_id BLOB    NOT NULL CONSTRAINT group_member_child REFERENCES child (account_id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    CONSTRAINT group_member_pk PRIMARY KEY (group_id, child_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_member_by_child ON group_member (child_id);

-- Tokens that are refused although their time is not over. No reference to account: it may be gone.
CREATE TABLE revocation (
    account_id    BLOB    NOT NULL CONSTRAINT revocation_pk PRIMARY KEY,
    -- Tokens numbered up to this are refused,
    through_token INTEGER NOT NULL,
    -- except this one.
    spared_token  INTEGER,
    -- No refused token is valid after this instant (ms): then the row can go.
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
