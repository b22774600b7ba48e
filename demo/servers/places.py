"""Where PostgreSQL lives and as whom: a short path for its socket, an unprivileged user when we are root."""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
import tempfile
from pathlib import Path
from typing import Any

from demo.errors import ServerError

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100
"""Bytes: Linux takes 107 and macOS 103 for the path of a Unix socket."""
UNPRIVILEGED = "nobody"
"""Who runs PostgreSQL when we are root; it refuses root."""


def socket_folder(folder: Path) -> Path:
    """Give a folder whose path is short enough for a Unix socket: in the data folder, else in /tmp."""
    inside = folder / "run"
    if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    shortest = min((tempfile.gettempdir(), "/tmp"), key=len)  # noqa: S108 - made with mode 700, owned by the server
    return Path(shortest) / f"qingxin-{os.geteuid()}-{digest}"


def identity_of_server() -> dict[str, Any]:
    """Give Popen's options to become an unprivileged user; none when we are one."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam(UNPRIVILEGED)
    except KeyError as error:
        raise ServerError(f"PostgreSQL refuses to run as root and there is no user {UNPRIVILEGED}") from error
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def let_in(*folders: Path) -> None:
    """Let others pass (not read) through the folders above these: PostgreSQL runs as another user when we are root."""
    for folder in folders:
        for parent in folder.resolve().parents:
            mode = stat.S_IMODE(parent.stat().st_mode)
            if not mode & stat.S_IXOTH:
                parent.chmod(mode | stat.S_IXOTH)
    for folder in folders[1:2]:
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)
