-- clearMain leaves party $1 without a main certificate for usage $2.
UPDATE registrations SET is_main = false WHERE party = $1 AND usage = $2 AND is_main;
