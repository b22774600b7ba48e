"""`qingxin topics`: makes the topics and says which are there."""

from __future__ import annotations

import logging
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.commands import ExampleCommand
from config.environment import load_environment
from config.topics import TOPICS
from streams.topic_admin import BrokerError, create_missing_topics, existing_topics


class Command(ExampleCommand):
    help = "Make the Kafka topics of QingXin that are missing, or list them all."
    examples = """  qingxin topics create
  QINGXIN_KAFKA_PARTITIONS=24 QINGXIN_KAFKA_REPLICATION=3 qingxin topics create
  qingxin topics list"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("deed", choices=["create", "list"], help="what to do")

    def handle(self, *_args: Any, **options: Any) -> None:
        environment = load_environment()
        logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what fails is said once, in the error
        try:
            if options["deed"] == "create":
                made = create_missing_topics(environment)
                self.stdout.write(f"made {len(made)} topic(s), {len(TOPICS) - len(made)} were there")
                return
            there = existing_topics(environment)
        except BrokerError as error:
            raise CommandError(str(error)) from error
        for topic in TOPICS:
            state = "there" if topic.name in there else "MISSING"
            self.stdout.write(
                f"{topic.name:20} key {topic.key:14} {topic.value:16} written by {topic.writer:18} {state}"
            )
