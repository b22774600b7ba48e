"""What the naive contenders share: jieba + TF-IDF + logistic regression, trained as in `qingxin bench models`."""

from __future__ import annotations

import json
import logging
from typing import Any

from prometheus_client import Counter, start_http_server

from models.labels import HAM

SCORED = Counter("qingxin_sms_scored", "SMS classified")


def train() -> Any:
    """Give the pipeline, fitted on one text of each template of the wording."""
    import jieba
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from demo.bench_models import training_rows

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    rows = training_rows()
    model = make_pipeline(
        TfidfVectorizer(tokenizer=jieba.lcut, token_pattern=None, lowercase=False), LogisticRegression(max_iter=200)
    )
    return model.fit([row.text for row in rows], [row.label for row in rows])


def judge(model: Any, value: bytes) -> bytes | None:
    """Score the SMS of a record as people write it at first; give a hit, or None for ham."""
    sms = json.loads(value)
    label = model.predict([sms["text"]])[0]
    SCORED.inc()
    return None if label == HAM else json.dumps(sms | {"label": label}, ensure_ascii=False).encode()


def serve_metrics(port: int) -> None:
    """Serve the count to the bench, on loopback."""
    start_http_server(port, addr="127.0.0.1")
