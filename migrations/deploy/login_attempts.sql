-- Deploy gatehouse:login_attempts to pg
-- How often a password was tried: a row for an account and an address, and one for an address over all accounts of the
-- tenant (account is empty). An account is a digest: what strangers type is nothing to keep.

BEGIN;

CREATE TABLE gatehouse.login_attempts (
  tenant_id  text NOT NULL CHECK (tenant_id <> ''),
  address    text NOT NULL,
  account    bytea NOT NULL,
  attempts   integer NOT NULL,
  started_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, address, account)
) WITH (
  -- Two updates a login, on the same page while there is room there.
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0.05
);
CREATE INDEX login_attempts_started ON gatehouse.login_attempts (started_at);

ALTER TABLE gatehouse.login_attempts ENABLE ROW LEVEL SECURITY;
CREATE POLICY login_attempts_own ON gatehouse.login_attempts
  USING (tenant_id = current_setting('app.tenant', true));

GRANT SELECT, INSERT, UPDATE, DELETE ON gatehouse.login_attempts TO :"worker";

-- One counter: NULL where the attempt is counted; else, and nothing is counted, when its window ends.
CREATE FUNCTION gatehouse.login_attempt_count(tenant text, for_address text, for_account bytea, at timestamptz,
                                              time_window interval, most integer) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
  ends_at timestamptz;
BEGIN
  FOR round IN 1..2 LOOP
    -- A refusal is a read: a flood of them writes nothing.
    SELECT a.started_at + time_window INTO ends_at FROM gatehouse.login_attempts a
     WHERE a.tenant_id = tenant AND a.address = for_address AND a.account = for_account
       AND a.attempts >= most AND a.started_at + time_window > at;
    IF FOUND THEN RETURN ends_at; END IF;

    INSERT INTO gatehouse.login_attempts AS a (tenant_id, address, account, attempts, started_at)
    VALUES (tenant, for_address, for_account, 1, at)
    ON CONFLICT (tenant_id, address, account) DO UPDATE
       SET attempts = CASE WHEN a.started_at + time_window <= at THEN 1 ELSE a.attempts + 1 END,
           started_at = CASE WHEN a.started_at + time_window <= at THEN at ELSE a.started_at END
     WHERE a.started_at + time_window <= at OR a.attempts < most;
    IF FOUND THEN RETURN NULL; END IF;
  END LOOP;
  -- Full when it was written, given back when it was read, twice.
  RETURN at + interval '1 second';
END $$;

-- Gives back what was counted at this time, unless another window has begun since. The account first, as when they are
-- taken: two that wait for each other's rows would be a deadlock.
CREATE FUNCTION gatehouse.login_attempt_give_back(tenant text, for_address text, for_account bytea, at timestamptz)
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.tenant', tenant, true);
  UPDATE gatehouse.login_attempts SET attempts = attempts - 1
   WHERE tenant_id = tenant AND address = for_address AND account = for_account
     AND attempts > 0 AND started_at <= at;
  UPDATE gatehouse.login_attempts SET attempts = attempts - 1
   WHERE tenant_id = tenant AND address = for_address AND account = ''
     AND attempts > 0 AND started_at <= at;
END $$;

-- Counts an attempt on an account from an address, or neither: then it says when to come again. A function, so that it
-- is one statement and its rows are locked no longer than that.
CREATE FUNCTION gatehouse.login_attempt_take(tenant text, for_address text, for_account bytea, at timestamptz,
                                             time_window interval, most integer, most_of_address integer)
RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
  again_at timestamptz;
BEGIN
  PERFORM set_config('app.tenant', tenant, true);
  again_at := gatehouse.login_attempt_count(tenant, for_address, for_account, at, time_window, most);
  IF again_at IS NOT NULL THEN RETURN again_at; END IF;
  again_at := gatehouse.login_attempt_count(tenant, for_address, '', at, time_window, most_of_address);
  IF again_at IS NOT NULL THEN
    UPDATE gatehouse.login_attempts SET attempts = attempts - 1
     WHERE tenant_id = tenant AND address = for_address AND account = for_account;
  END IF;
  RETURN again_at;
END $$;

REVOKE ALL ON FUNCTION gatehouse.login_attempt_count(text, text, bytea, timestamptz, interval, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.login_attempt_give_back(text, text, bytea, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION gatehouse.login_attempt_take(text, text, bytea, timestamptz, interval, integer, integer)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gatehouse.login_attempt_count(text, text, bytea, timestamptz, interval, integer)
  TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.login_attempt_give_back(text, text, bytea, timestamptz) TO :"worker";
GRANT EXECUTE ON FUNCTION gatehouse.login_attempt_take(text, text, bytea, timestamptz, interval, integer, integer)
  TO :"worker";

COMMIT;
