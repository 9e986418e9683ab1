-- With the names in it, a search through all users of a role reads this index alone, in the order of their ids.
DROP INDEX account_by_role;
CREATE INDEX account_by_role ON account (role, id, username);
