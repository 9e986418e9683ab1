-- Tokens numbered up to this are refused, whoever they belong to: a restore sets it.
ALTER TABLE store_state ADD COLUMN revoked_through INTEGER NOT NULL DEFAULT 0;
