"""Who may open the live page: only its own origin, and beyond this machine only with a token.

A page of any web site can make a browser connect to a port of this machine. The door refuses such
connections by their Origin and Host headers (cross-site requests, DNS rebinding), and asks for the
token, first in the address and then in a cookie, where the page listens to more than this machine.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import hmac
from http import cookies, HTTPStatus
import ipaddress
import secrets
import threading
from urllib.parse import parse_qs, urlsplit

import websockets.asyncio.server
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

COOKIE = 'dexgen_token'
_constructing = threading.Lock()


def is_local(host: str) -> bool:
    """Whether an address names this machine only."""
    try:
        return ipaddress.ip_address(host.strip('[]')).is_loopback
    except ValueError:
        return host == 'localhost'


class PageDoor:
    """Judges the requests to the page.

    Args:
      host: address on which the page listens.
      token: token to ask for; empty: a new one where the page listens beyond this machine.
    """

    def __init__(self, host: str, token: str = ''):
        self._local = is_local(host)
        self.token = token or ('' if self._local else secrets.token_urlsafe(16))
        self._installed = False

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Put the door in front of the web server that is constructed inside this context.

        Raises:
          RuntimeError: no server was constructed in the way that the door knows.
        """
        module = websockets.asyncio.server
        serve = module.serve

        def guarded(handler, *arguments, process_request=None, **options):
            self._installed = True

            def judge(connection, request):
                refused = self.refusal(request)
                if refused is None and process_request is not None:
                    return process_request(connection, request)
                return refused

            return serve(handler, *arguments, process_request=judge, **options)

        with _constructing:
            module.serve = guarded
            try:
                yield
            finally:
                module.serve = serve
        if not self._installed:
            raise RuntimeError('the live page would be open to every web site: no door was set')

    def refusal(self, request: Request) -> Response | None:
        """The answer to a request that may not pass; None lets it pass."""
        host = request.headers.get('Host', '')
        if self._local and not is_local(urlsplit(f'//{host}').hostname or ''):
            return _answer(HTTPStatus.FORBIDDEN, f'this page is not {host}\n')
        origin = request.headers.get('Origin')
        if origin is not None and urlsplit(origin).netloc != host:
            return _answer(HTTPStatus.FORBIDDEN, f'{origin} may not use this page\n')
        if not self.token or self._matches(_cookie(request)):
            return None
        if self._matches(parse_qs(urlsplit(request.path).query).get('token', [''])[0]):
            return _answer(
                HTTPStatus.FOUND,
                '',
                ('Location', '/'),
                ('Set-Cookie', f'{COOKIE}={self.token}; HttpOnly; SameSite=Strict; Path=/'),
            )
        return _answer(
            HTTPStatus.UNAUTHORIZED, 'open the address with the token that the viewer printed\n'
        )

    def address(self, host: str, port: int) -> str:
        """The address to open, with the token where one is asked for."""
        shown = f'[{host}]' if ':' in host else host
        return f'http://{shown}:{port}' + (f'/?token={self.token}' if self.token else '')

    def _matches(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.token.encode())


def _cookie(request: Request) -> str:
    jar = cookies.SimpleCookie()
    for line in request.headers.get_all('Cookie'):
        jar.load(line)
    return jar[COOKIE].value if COOKIE in jar else ''


def _answer(status: HTTPStatus, text: str, *headers: tuple[str, str]) -> Response:
    body = text.encode()
    fields = [('Content-Type', 'text/plain'), ('Content-Length', str(len(body))), *headers]
    return Response(status.value, status.phrase, Headers(fields), body)
