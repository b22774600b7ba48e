"""Asks the process of this container whether it is ready: a worker on its metrics port, the console on its own."""

import http.client
import os
import sys

worker_port = int(os.environ.get("QINGXIN_METRICS_PORT", "0"))
port = worker_port or int(os.environ.get("QINGXIN_WEB_PORT", "8000"))
host = os.environ.get("QINGXIN_ALLOWED_HOSTS", "127.0.0.1").split(",")[0].strip()

connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
try:
    connection.request("GET", "/health", headers={"Host": host})
    status = connection.getresponse().status
except OSError as error:
    sys.exit(f"port {port}: {error}")
sys.exit(0 if status == http.client.OK else f"port {port}: {status}")
