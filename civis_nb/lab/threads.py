"""Calls of the platform in threads of their own, for which a server that ends does not wait."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

__all__ = ["READ_LIMIT_S", "in_thread", "in_time"]

#: What is read from the platform is waited for no longer. The platform's own calls are repeated for
#: minutes; what was begun to be written is waited for.
READ_LIMIT_S: Final = 30.0

Value = TypeVar("Value")


async def in_thread(function: Callable[..., Value], *args: object) -> Value:
    """Return what a function returns, called in a thread of its own.

    `asyncio.to_thread` has a few threads for all of the server: calls that wait for a slow platform
    would take them from each other and from what needs no platform, and would hold up the server's
    end. As there, the function has the context variables of its caller.

    Raises
    ------
    Exception
        What the function raises.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Value] = loop.create_future()

    def settle(value: Value | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(value)  # type: ignore[arg-type]  # there is one without an error

    def work() -> None:
        value, error = None, None
        try:
            value = function(*args)
        except BaseException as failure:
            error = failure
        with contextlib.suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(settle, value, error)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), name="civis-call", daemon=True).start()
    return await done


async def in_time(answer: Awaitable[Value]) -> Value:
    """Return an answer of the platform that changes nothing there, unless it comes too late.

    Raises
    ------
    TimeoutError
        When it takes longer than `READ_LIMIT_S`; a call in a thread goes on even so, and what it
        returns is dropped.
    """
    try:
        async with asyncio.timeout(READ_LIMIT_S) as limit:
            return await answer
    except TimeoutError:
        if not limit.expired():
            raise  # the platform's own
        text = f"The platform has not answered within {READ_LIMIT_S:g} s."
        raise TimeoutError(text) from None
