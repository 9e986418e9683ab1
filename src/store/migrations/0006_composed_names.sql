-- Names are stored composed (NFC), so that one name is one row however a device writes it. Where a user of the same type
-- has the composed name already, both stay as they are.
UPDATE OR IGNORE account SET username = username_composed(username)
WHERE username <> username_composed(username);
