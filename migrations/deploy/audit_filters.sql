-- Deploy gatehouse:audit_filters to pg
-- What GET /v1/internal/audit filters by, each in the order in which it is answered. Months that are made later get
-- them as they are attached. audit_read plans anew for the filters that are given, so it needs no other text.

BEGIN;

CREATE INDEX audit_log_by_target ON gatehouse.audit_log (target, id);
CREATE INDEX audit_log_by_actor ON gatehouse.audit_log (actor, id);
CREATE INDEX audit_log_by_action ON gatehouse.audit_log (action, id);

COMMIT;
