"""Office documents, through xberg."""

import asyncio

import xberg

from transforms.readers import Text

CONFIG = xberg.ExtractionConfig(use_cache=False, disable_ocr=True, enable_quality_processing=False)


def read_office(content: bytes, media_type: str) -> Text:
    """The text and properties of an office document."""
    given = xberg.ExtractInput(kind="bytes", bytes=content, mime_type=media_type)
    [document] = asyncio.run(xberg.extract(given, CONFIG)).results
    about = document.metadata
    return Text(
        document.content.strip(),
        media_type,
        title=about.title,
        author=", ".join(about.authors or []) or None,
        created_on=(about.created_at or "")[:10] or None,
    )
