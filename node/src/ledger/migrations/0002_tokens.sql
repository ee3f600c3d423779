-- Tokens that end, that are withdrawn, and on which day since 1970 each was last used. A withdrawn token's row stays, so
-- that its number is never another token's.
ALTER TABLE tokens ADD COLUMN valid_until INTEGER;
ALTER TABLE tokens ADD COLUMN withdrawn_at INTEGER;
ALTER TABLE tokens ADD COLUMN last_used_day INTEGER;
