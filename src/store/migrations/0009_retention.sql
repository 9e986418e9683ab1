-- What is tracked may have been removed from before this instant (ms since 1970, UTC); absent as long as all of it is kept.
-- It never goes back, and whatever the clock says, it goes forward ten times as fast as time goes by at most.
ALTER TABLE store_state ADD COLUMN tracking_kept_from INTEGER;
