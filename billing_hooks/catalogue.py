"""The service catalogue as data: read from `catalogue.toml` and checked whole; pure but for reading the file."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from billing_hooks.errors import CatalogueError
from billing_hooks.parsing import NotUnderstood, name_key, understand

DEFAULT_CATALOGUE = Path(__file__).with_name("catalogue.toml")

Code = Annotated[str, Field(min_length=1, max_length=64)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Provider(_Part):
    """Who sells a service, as subscribers read it."""

    zh: str = Field(min_length=1, max_length=10)
    en: str = Field(min_length=1, max_length=20)


class CatalogueService(_Part):
    """A service as the catalogue describes it; names are short enough for an item to fit into one SMS part."""

    zh: str = Field(min_length=2, max_length=14)
    en: str = Field(min_length=2, max_length=24)
    provider: Code
    price_fen: int = Field(ge=0, le=100_000_000)
    cycle: Literal["monthly"] = "monthly"
    takes_effect: Literal["at_once", "next_day", "next_cycle"]
    in_package: bool = False
    cancellable: bool = True
    reason_zh: str = Field("", max_length=24)
    reason_en: str = Field("", max_length=80)

    @model_validator(mode="after")
    def _reason_only_for_a_refusal(self) -> CatalogueService:
        if self.cancellable == bool(self.reason_zh and self.reason_en):
            raise ValueError("reason_zh and reason_en belong to a service that is not cancellable, and only to it")
        return self


class Catalogue(_Part):
    """All providers and services by code."""

    providers: dict[Code, Provider]
    services: dict[Code, CatalogueService]

    @model_validator(mode="after")
    def _fits_together(self) -> Catalogue:
        unknown = {service.provider for service in self.services.values()} - set(self.providers)
        keys = [name_key(name) for service in self.services.values() for name in {service.zh, service.en}]
        faults = [f"unknown provider {code}" for code in sorted(unknown)]
        faults += [f"name {key} is used twice" for key, times in Counter(keys).items() if times > 1]
        faults += [f"name {key} is a command" for key in keys if not isinstance(understand(key, {}), NotUnderstood)]
        if faults:
            raise ValueError("; ".join(faults))
        return self


def load_catalogue(path: Path = DEFAULT_CATALOGUE) -> Catalogue:
    """Read a catalogue.

    Raises:
        CatalogueError: unreadable, not TOML, or wrong in some entries; every fault is named.
    """
    try:
        return Catalogue.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    except ValidationError as error:
        raise CatalogueError(
            "\n".join(f"{path}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        ) from error
