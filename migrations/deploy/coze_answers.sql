-- Deploy gatehouse:coze_answers to pg
-- What Coze has answered (seed 003), sealed under VAULT_KEYS, and who is asking it now: one call at a time for each
-- request that is the same. `calls` counts those that ended, so that whoever waited for one knows that it has.

BEGIN;

CREATE TABLE gatehouse.coze_answers (
  answer_id    text PRIMARY KEY CHECK (answer_id <> ''),
  sealed       bytea,
  good_until   timestamptz,
  calls        bigint NOT NULL DEFAULT 0,
  lease        text,
  leased_until timestamptz NOT NULL
);
CREATE INDEX coze_answers_leased ON gatehouse.coze_answers (leased_until);

GRANT SELECT, INSERT, UPDATE, DELETE ON gatehouse.coze_answers TO :"worker";

COMMIT;
