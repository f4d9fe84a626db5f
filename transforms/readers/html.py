"""Web pages."""

import trafilatura

from transforms.readers import Text
from transforms.readers.media import HTML
from transforms.readers.plain import decode


def read_html(content: bytes) -> Text:
    """The main text of a web page."""
    markup, encoding = decode(content)
    about = trafilatura.extract_metadata(markup)
    text = trafilatura.extract(markup, favor_recall=True, include_comments=False) or ""
    return Text(text, HTML, title=about.title, author=about.author, created_on=about.date, encoding=encoding)
