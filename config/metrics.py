"""Every metric of QingXin in one list; the rooms import the objects from here."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

SMS_RECEIVED = Counter("qingxin_sms_received", "SMS lines read from gateway topics, good or bad", ["gateway"])
SMS_SCORED = Counter("qingxin_sms_scored", "SMS scored by the classifier", ["gateway"])
SMS_EXEMPT = Counter("qingxin_sms_exempt", "SMS to reporting and service numbers, which are never scored", ["gateway"])
SMS_HITS = Counter("qingxin_sms_hits", "SMS published as hits", ["gateway", "label"])
SAMPLES = Counter("qingxin_recall_samples", "unflagged SMS drawn and published for the recall check", ["gateway"])
VOLUME_HITS = Counter("qingxin_volume_hits", "unflagged SMS that crossed the volume rule", ["gateway"])
SMS_PARTS = Counter("qingxin_sms_parts", "parts of long SMS by what became of them", ["gateway", "outcome"])
REJECTED = Counter("qingxin_rejected", "lines and records sent to the dead letters", ["topic", "reason"])
BATCH_SECONDS = Histogram("qingxin_batch_seconds", "seconds to process one batch, waits included", ["app"])
BATCH_RECORDS = Histogram(
    "qingxin_batch_records", "Kafka records in one batch", ["app"], buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500)
)
STAGE_SECONDS = Counter("qingxin_stage_seconds", "CPU seconds of the stages of the work", ["app", "stage"])
WORLD_BROKEN = Gauge("qingxin_world_broken", "1 while a worker waits for database, Redis or broker", ["app"])
TOPIC_HELD = Gauge("qingxin_topic_held", "1 while a worker holds a topic for its many bad lines", ["app", "topic"])
WORLD_RETRIES = Counter("qingxin_world_retries", "batches tried again after a broken world", ["app"])
LIVE_COUNTS_FAILED = Counter("qingxin_live_counts_failed", "times the live counts could not be brought to Redis")
EVIDENCE = Counter("qingxin_evidence", "hits kept as evidence in cases")
EVIDENCE_DUPLICATES = Counter("qingxin_evidence_duplicates", "hits that were evidence already")
EVIDENCE_ELSEWHERE = Counter("qingxin_evidence_elsewhere", "hits that were evidence already, seen at another gateway")
CASES_OPENED = Counter("qingxin_cases_opened", "cases opened")
CAMPAIGNS_BEGUN = Counter("qingxin_campaigns_begun", "campaigns of near-duplicate texts begun in the database")
RECALL_CHECKS = Counter("qingxin_recall_checks", "samples of the recall check kept for reviewers")
MODEL_IN_USE = Gauge("qingxin_model_in_use", "1 for the model in use; roles: serving, shadow", ["app", "role", "model"])
MODEL_LOAD_FAILED = Counter("qingxin_model_load_failed", "models that could not be taken into use", ["app", "role"])
SHADOW_COMPARED = Counter("qingxin_shadow_compared", "SMS scored with the serving model and the candidate")
SHADOW_DIFFERENCES = Counter("qingxin_shadow_differences", "SMS on which the candidate differs, by kind", ["kind"])
OUTBOX_SENT = Counter("qingxin_outbox_sent", "outbox records published", ["topic"])
OUTBOX_REFUSED = Counter("qingxin_outbox_refused", "outbox records the relay would not publish", ["topic"])
OUTBOX_WAITING = Gauge("qingxin_outbox_waiting", "outbox records not yet published")
GATEWAY_ALARM = Gauge("qingxin_gateway_alarm", "1 while an alarm about a gateway stands", ["gateway", "kind"])
GATEWAY_LAST_MESSAGE = Gauge(
    "qingxin_gateway_last_message_seconds", "when a gateway was last heard (epoch)", ["gateway"]
)
COVERAGE_CHECKED = Gauge("qingxin_coverage_checked_seconds", "when all gateways were last looked at (epoch)")
CONSUMER_LAG = Gauge("qingxin_consumer_lag", "Kafka records not yet read by a consumer group", ["group", "topic"])
DEAD_LETTERS_KEPT = Counter("qingxin_dead_letters_kept", "dead letters kept for the console")
DEAD_LETTERS_DROPPED = Counter("qingxin_dead_letters_dropped", "dead letters the console lost, by cause", ["cause"])
BOSS_EVENTS = Counter("qingxin_boss_events", "billing events handled", ["outcome"])
SERVICE_TEXTS = Counter("qingxin_service_texts", "texts from subscribers handled", ["outcome"])
REMINDERS = Counter("qingxin_reminders", "reminders sent", ["kind"])
CANCELS = Counter("qingxin_cancels", "subscriptions cancelled by their subscribers", ["origin"])

METRICS = (
    SMS_RECEIVED, SMS_SCORED, SMS_EXEMPT, SMS_HITS, SAMPLES, REJECTED, BATCH_SECONDS, BATCH_RECORDS, STAGE_SECONDS,
    WORLD_BROKEN, WORLD_RETRIES, LIVE_COUNTS_FAILED, EVIDENCE, EVIDENCE_DUPLICATES, CASES_OPENED, RECALL_CHECKS,
    MODEL_IN_USE, MODEL_LOAD_FAILED, SHADOW_COMPARED, SHADOW_DIFFERENCES, OUTBOX_SENT, OUTBOX_REFUSED, OUTBOX_WAITING,
    BOSS_EVENTS, SERVICE_TEXTS, REMINDERS, CANCELS, VOLUME_HITS, SMS_PARTS, EVIDENCE_ELSEWHERE, CAMPAIGNS_BEGUN,
    GATEWAY_ALARM, GATEWAY_LAST_MESSAGE, COVERAGE_CHECKED, CONSUMER_LAG, DEAD_LETTERS_KEPT, DEAD_LETTERS_DROPPED,
    TOPIC_HELD,
)  # fmt: skip
