"""How QingXin's commands present themselves: help that wraps, examples as they are written, no clutter."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

WIDTH = 100


class ExampleCommand(BaseCommand):
    """A command whose `examples` stand below its help; it needs no database unless it says so."""

    examples = ""
    requires_system_checks: tuple[str, ...] = ()
    suppressed_base_arguments = {  # noqa: RUF012 - as BaseCommand declares it
        "--version",
        "--verbosity",
        "--settings",
        "--pythonpath",
        "--traceback",
        "--no-color",
        "--force-color",
        "--skip-checks",
    }

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Give Django's parser with the examples as its epilogue."""
        kwargs.setdefault("epilog", f"examples:\n{self.examples}" if self.examples else None)
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        parser = super().create_parser(prog_name, subcommand.replace("_", "-"), **kwargs)
        parser.description = textwrap.fill(self.help, WIDTH)
        return parser
