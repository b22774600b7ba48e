"""Scripts in Redis or Valkey: a batch in one round trip; a server that cannot write counts as away."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import redis.asyncio
from redis.exceptions import NoScriptError, ResponseError

OF_THE_DATA = ("user_script:", "WRONGTYPE")
"""How the answer begins when the fault lies in what the script was given, or in one key; any other is the server's:
full, read-only, loading, or without rights."""


class HotStateAwayError(ConnectionError):
    """Redis or Valkey cannot do it now: full, loading, read-only, without its disk, or without the rights."""


class Script:
    """A Lua script beside its module: takes and gives one value as MessagePack; Redis Cluster cannot run it.

    Bytes that it takes as well come beside the value: MessagePack in Lua knows none.
    """

    def __init__(self, client: redis.asyncio.Redis, file: str) -> None:
        self._client = client
        self._source = Path(__file__).with_name(file).read_text(encoding="utf-8")
        self._digest = hashlib.sha1(self._source.encode(), usedforsecurity=False).hexdigest()

    async def run(self, value: Any, *columns: bytes) -> Any:
        """Run the script.

        Raises:
            redis.exceptions.ConnectionError: and its kin; the script may have run or not.
            HotStateAwayError: the server refuses to write for now.
        """
        packed = msgspec.msgpack.encode(value)
        try:
            try:
                answer = await self._client.evalsha(self._digest, 0, packed, *columns)
            except NoScriptError:
                answer = await self._client.eval(self._source, 0, packed, *columns)
        except ResponseError as error:
            if str(error).startswith(OF_THE_DATA):
                raise
            raise HotStateAwayError(str(error)) from error
        return msgspec.msgpack.decode(answer)
