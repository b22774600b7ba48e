"""Ends the demo's processes when the demo itself is gone, however it went (kill -9 included).

Runs as a process of its own. Each line on its standard input is `pid start-time signal`; when the input closes, the
processes that are still the same ones are ended, the last one first. An orderly demo ends this process before.
"""

from __future__ import annotations

import sys

import psutil

GRACE_SECONDS = 10
SAME_START_SECONDS = 0.05


def end_process(pid: int, started: float, stop_signal: int, grace: float = GRACE_SECONDS) -> bool:
    """End a process if it is still the one that started at `started` (seconds since 1970).

    Returns:
        False when it was gone before.
    """
    try:
        process = psutil.Process(pid)
        if abs(process.create_time() - started) > SAME_START_SECONDS:
            return False
        process.send_signal(stop_signal)
        try:
            process.wait(grace)
        except psutil.TimeoutExpired:
            offspring = process.children(recursive=True)
            process.kill()
            for child in offspring:
                child.kill()
    except psutil.NoSuchProcess:
        return False
    return True


def main() -> None:
    """Collect processes until the input closes, then end them."""
    processes = [line.split() for line in sys.stdin]
    for pid, started, stop_signal in reversed(processes):
        end_process(int(pid), float(started), int(stop_signal))


if __name__ == "__main__":
    main()
