"""A picture of the live page by headless Chromium: `python -m dexgen_session.screenshot`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHROMIUM = '/usr/bin/chromium'
"""Debian's browser; Playwright's own downloads are not used."""
FLAGS = (
    '--no-sandbox',
    '--disable-gpu',
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
)
"""WebGL in software, and a browser that asks nobody for anything by itself."""
PATIENCE = 120_000
"""Time for one step of the browser [ms]: WebGL in software is slow on a busy machine."""
SIZE_LIMIT = 300_000
"""Bytes that a picture may have."""


@dataclass(frozen=True)
class Picture:
    """What to take.

    Attributes:
      url: address of the live page.
      output: PNG file to write.
      wait: time for the page to draw [s].
      width, height: size of the window [px].
    """

    url: str = 'http://127.0.0.1:8080'
    output: Path = Path('docs/page.png')
    wait: float = 4.0
    width: int = 1200
    height: int = 860


@contextmanager
def open_page(url: str, width: int = 1200, height: int = 720) -> Iterator:
    """Open a page in headless Chromium; its `requested` lists every address asked for."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page(viewport={'width': width, 'height': height})
        page.requested = []
        page.set_default_timeout(PATIENCE)
        page.on('request', lambda request: page.requested.append(request.url))
        page.on('websocket', lambda connection: page.requested.append(connection.url))
        page.goto(url)
        page.wait_for_selector('#dexgen-state')
        page.add_style_tag(content='.mantine-Notifications-root {display: none}')
        yield page
        browser.close()


def take(picture: Picture) -> int:
    """Take the picture and return its size in bytes.

    Raises:
      ValueError: the picture is larger than a repository should carry.
    """
    picture.output.parent.mkdir(parents=True, exist_ok=True)
    with open_page(picture.url, picture.width, picture.height) as page:
        page.wait_for_timeout(1e3 * picture.wait)
        page.screenshot(path=str(picture.output))
    size = picture.output.stat().st_size
    if size > SIZE_LIMIT:
        raise ValueError(
            f'{picture.output} has {size} bytes; allowed: {SIZE_LIMIT}; take it smaller'
        )
    return size


if __name__ == '__main__':
    import tyro

    chosen = tyro.cli(Picture)
    print(f'{chosen.output}: {take(chosen)} bytes')
