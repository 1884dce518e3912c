"""News for those who do not see the page: a screen reader says them once, when they are new."""

from collections.abc import Mapping

from cnnlab.ui.components.mount import component

_mount = component(__name__)


def announce(news: Mapping[str, str], *, key: str) -> None:
    """Have a screen reader say each of the `news`, by its subject, that was another or empty when it was given last.

    What is given of a subject for the first time is not said: it was there when the page was opened.
    """
    _mount(data=dict(news), key=key, height="content")
