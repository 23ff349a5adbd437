-- Destructive: removes what Agora told of calls. The calls, their bills and the record of what happened stay.
SET lock_timeout = '2s';

DROP TABLE agora_kicks;
DROP FUNCTION agora_together(uuid);
DROP FUNCTION agora_stays(uuid);
DROP TABLE agora_notices;
