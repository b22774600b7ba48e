"""The operator's policy: thresholds and rules as data, each with its description, checked whole when loaded."""

from __future__ import annotations

import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from config.live import HISTORY_DAYS

DEFAULT_POLICY = Path(__file__).with_name("policy.toml")
GONE = {
    "campaigns.wording_hours": "campaigns.seen_hours and campaigns.first_hours took its place",
    "coverage.silent_by_chance": "coverage.silent_false_alarms_a_year took its place, which counts alarms a year",
    "long_sms.same_ref_seconds": "long_sms.apart_seconds and long_sms.known_seconds took its place",
    "volume.max_texts": "take it out; near-identical texts need no limit any more",
}
"""Rules of older versions, and what to do about each in a policy that has it still."""


class PolicyError(Exception):
    """The policy file is wrong; the message lists every fault."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScoringPolicy(_Part):
    """When an SMS becomes a hit."""

    threshold: float = Field(ge=0, lt=1)
    unscored_receivers: tuple[str, ...]
    recall_check_one_in: int = Field(ge=0, le=1_000_000_000)


class ReviewPolicy(_Part):
    """How fast people should decide, how long a claim holds, and what waits behind the rest."""

    first_sight_hours: float = Field(gt=0)
    decision_hours: float = Field(gt=0)
    claim_minutes: float = Field(gt=0)
    same_sms_minutes: float = Field(ge=0, le=1440)
    guards_lower_priority: bool


class StreamsPolicy(_Part):
    """When a worker stops rather than bury on."""

    bad_share_limit: float = Field(gt=0, le=1)
    bad_share_lines: int = Field(ge=1, le=10_000_000)


class CampaignPolicy(_Part):
    """Which texts are one campaign, and how long that is remembered."""

    likeness: float = Field(gt=0.2, le=1)
    near: float = Field(gt=0.2, le=1)
    wordings: int = Field(ge=1, le=32)
    index_days: float = Field(gt=0, le=90)
    first_hours: float = Field(gt=0, le=720)
    seen_hours: float = Field(gt=0, le=720)
    least_senders: int = Field(ge=1)
    recent_days: float = Field(gt=0)
    dossier_campaigns: int = Field(ge=2)
    contact_campaigns: int = Field(ge=2)
    contact_labels: int = Field(ge=2)


class ShadowPolicy(_Part):
    """What is kept while a candidate runs as a shadow."""

    kept_per_day: int = Field(ge=0, le=100_000)


class VolumePolicy(_Part):
    """How many SMS a sender may send, and how they are counted."""

    per_hour: int = Field(gt=0)
    per_day: int = Field(gt=0)
    holiday_per_hour: int = Field(gt=0)
    holiday_per_day: int = Field(gt=0)
    exempt_senders: tuple[str, ...]
    max_receivers: int = Field(ge=1, le=1_000_000)
    late_hours: int = Field(ge=1, le=24 * 30)
    mark_days: float = Field(gt=0, le=365)

    @field_validator("exempt_senders")
    @classmethod
    def _no_empty_prefix(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(prefix.isascii() and prefix.isdigit() for prefix in value):
            raise ValueError("prefixes are digits; an empty one would exempt everybody")
        return value


class LongSmsPolicy(_Part):
    """How parts of long SMS are joined."""

    wait_seconds: float = Field(gt=0, le=3600)
    apart_seconds: float = Field(ge=0, le=3600)
    known_seconds: float = Field(gt=0, le=21_600)
    lease_seconds: float = Field(gt=0, le=3600)


class ReminderPolicy(_Part):
    """When a reminder may be sent."""

    quiet_from_hour: int = Field(ge=0, le=23)
    quiet_to_hour: int = Field(ge=0, le=23)
    timezone: str
    final_hours: float = Field(gt=0)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as error:
            raise ValueError(f"unknown time zone {value}") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)


class DeskPolicy(_Part):
    """Rules of the 0000 desk."""

    list_hours: float = Field(gt=0)
    help_per_hour: int = Field(ge=0)


class SmsPolicy(_Part):
    """Sizes of an SMS in UCS-2 units."""

    first_part_units: int = Field(gt=0)
    next_part_units: int = Field(gt=0)


class CoveragePolicy(_Part):
    """When a gateway raises an alarm."""

    check_seconds: float = Field(gt=0, le=600)
    never_fed_minutes: int = Field(ge=0)
    silent_floor_minutes: int = Field(ge=2)
    learning_minutes: int = Field(ge=2)
    compared_days: int = Field(ge=1, le=HISTORY_DAYS - 1)
    longest_gap_factor: float = Field(ge=1)
    silent_false_alarms_a_year: float = Field(gt=0, le=1000)
    share_window_minutes: int = Field(ge=5, le=1440)
    share_ratio: float = Field(gt=1)
    share_by_chance: float = Field(gt=0, lt=0.1)


class DeadLetterPolicy(_Part):
    """How long dead letters are kept for the console, and how many are fed again at once."""

    kept_days: int = Field(ge=1, le=3650)
    kept_at_most: int = Field(ge=100)
    replayed_at_once: int = Field(ge=1, le=10_000)


class Policy(_Part):
    """All rules together."""

    scoring: ScoringPolicy
    review: ReviewPolicy
    streams: StreamsPolicy
    campaigns: CampaignPolicy
    shadow: ShadowPolicy
    volume: VolumePolicy
    long_sms: LongSmsPolicy
    reminders: ReminderPolicy
    desk: DeskPolicy
    sms: SmsPolicy
    coverage: CoveragePolicy
    dead_letters: DeadLetterPolicy


def load_policy(path: Path | None = None) -> Policy:
    """Read a policy file, `config/policy.toml` by default.

    Raises:
        PolicyError: unreadable, not TOML, a rule without value or description, or a value out of range.
    """
    path = path or DEFAULT_POLICY
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(f"{path}: {error}") from error
    faults = [
        f"{path}: {name} stands in no section; write [section.rule] with a value and a description"
        for name, rules in raw.items()
        if not isinstance(rules, dict)
    ] or [
        f"{path}: {section}.{name} needs a value and a description"
        for section, rules in raw.items()
        for name, rule in rules.items()
        if not (isinstance(rule, dict) and "value" in rule and str(rule.get("description", "")).strip())
    ]
    if faults:
        raise PolicyError("\n".join(faults))
    values = {section: {name: rule["value"] for name, rule in rules.items()} for section, rules in raw.items()}
    try:
        return Policy.model_validate(values)
    except ValidationError as error:
        told = (_told(".".join(map(str, fault["loc"])), fault["type"], fault["msg"]) for fault in error.errors())
        raise PolicyError("\n".join(f"{path}: {one}" for one in told)) from error


def _told(rule: str, kind: str, message: str) -> str:
    """Say what is wrong with a rule, and what to do about one of another version."""
    if kind == "missing":
        return f"{rule} is missing: copy it, with its description, from {DEFAULT_POLICY}"
    if kind != "extra_forbidden":
        return f"{rule}: {message}"
    return (
        f"{rule} is gone from this version: {GONE[rule]}"
        if rule in GONE
        else f"{rule} is no rule of this version: take it out"
    )
