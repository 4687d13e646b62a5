from collections.abc import Awaitable, Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import async_only_middleware

Respond = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@async_only_middleware
def only_async(get_response: Respond) -> Respond:
    """Like middleware of asynchronous libraries, which all that passes a call has to pass as well."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        return await get_response(request)

    return middleware
