"""What Django's constraints cannot say: an order's copies are those of its parents, and the outbox takes no forged order."""

from django.db import migrations

LOCK = """
ALTER TABLE review_approval ADD CONSTRAINT approval_copies_reviewer
    FOREIGN KEY (decision_id, reviewer_id) REFERENCES review_decision (id, reviewer_id);
ALTER TABLE review_enforcementorder ADD CONSTRAINT order_copies_decision
    FOREIGN KEY (decision_id, case_id, decision_kind, category, reviewer_id)
    REFERENCES review_decision (id, case_id, kind, category, reviewer_id);
ALTER TABLE review_enforcementorder ADD CONSTRAINT order_copies_approval
    FOREIGN KEY (approval_id, decision_id, verdict, reviewer_id, approver_id)
    REFERENCES review_approval (id, decision_id, verdict, reviewer_id, approver_id);
ALTER TABLE review_enforcementorder ADD CONSTRAINT order_targets_the_sender
    FOREIGN KEY (case_id, target) REFERENCES review_case (id, sender);

CREATE FUNCTION review_refuse_forged_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    signed jsonb := convert_from(NEW.value, 'UTF8')::jsonb;
BEGIN
    IF NOT EXISTS (
        SELECT FROM review_enforcementorder
        WHERE id = (signed ->> 'id')::uuid AND target = signed ->> 'target' AND target = NEW.key
          AND signed_text = signed ->> 'order' AND signature = signed ->> 'signature'
    ) THEN
        RAISE EXCEPTION 'no enforcement order of two people is behind this outbox record'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER review_outbox_takes_no_forged_order BEFORE INSERT OR UPDATE OF topic, key, value ON ledger_outboxrecord
    FOR EACH ROW WHEN (NEW.topic = 'enforcement.orders') EXECUTE FUNCTION review_refuse_forged_order();
"""
UNLOCK = """
DROP TRIGGER review_outbox_takes_no_forged_order ON ledger_outboxrecord;
DROP FUNCTION review_refuse_forged_order();
ALTER TABLE review_enforcementorder DROP CONSTRAINT order_targets_the_sender;
ALTER TABLE review_enforcementorder DROP CONSTRAINT order_copies_approval;
ALTER TABLE review_enforcementorder DROP CONSTRAINT order_copies_decision;
ALTER TABLE review_approval DROP CONSTRAINT approval_copies_reviewer;
"""


class Migration(migrations.Migration):
    dependencies = [("review", "0001_initial"), ("ledger", "0002_immutable_audit_and_roles")]
    operations = [migrations.RunSQL(LOCK, UNLOCK)]
