"""PDF files, through PDFium."""

import pypdfium2

from transforms.readers import Text
from transforms.readers.media import PDF


def read_pdf(content: bytes) -> Text:
    """The text layer of a PDF."""
    document = pypdfium2.PdfDocument(content)
    about = document.get_metadata_dict()
    pages = [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in document]
    return Text("\n".join(pages), PDF, title=about["Title"] or None, author=about["Author"] or None)
