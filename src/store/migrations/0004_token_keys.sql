-- The public keys that tokens are verified with: the one that signs, and those that signed before it.
CREATE TABLE token_key (
    -- RFC 7638 thumbprint.
    kid            TEXT    NOT NULL CONSTRAINT token_key_pk PRIMARY KEY,
    -- `n` and `e` of RFC 7518, base64url.
    modulus        TEXT    NOT NULL,
    exponent       TEXT    NOT NULL,
    -- Milliseconds since 1970, UTC.
    since          INTEGER NOT NULL,
    -- No token that it signed is valid after this (ms); absent while it signs.
    accepted_until INTEGER
) STRICT, WITHOUT ROWID;
