"""The site loads nothing from another host."""

from pathlib import Path

import pytest

from tools.site import foreign


@pytest.mark.parametrize(
    ("name", "text", "address"),
    [
        ("index.html", '<script defer src="https://cdn.example/x.js"></script>', "https://cdn.example/x.js"),
        ("index.html", '<link rel="stylesheet" href="//cdn.example/x.css">', "//cdn.example/x.css"),
        ("index.html", '<img alt="" src="http://cdn.example/x.png">', "http://cdn.example/x.png"),
        ("style.css", "@import 'https://cdn.example/x.css';", "https://cdn.example/x.css"),
        ("style.css", "src: url(https://cdn.example/x.woff2)", "https://cdn.example/x.woff2"),
    ],
)
def test_a_page_that_loads_from_another_host_is_found(tmp_path: Path, name: str, text: str, address: str) -> None:
    """A script, a style sheet, a picture or a font from elsewhere is named with the file that loads it."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert list(foreign(tmp_path)) == [f"{name} loads {address}"]


def test_links_and_own_files_are_no_loading(tmp_path: Path) -> None:
    """A reader may follow a link; files of the site are its own."""
    page = '<a href="https://example.org/">x</a><script src="x.js"></script><link href="x.css" rel="stylesheet">'
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    assert list(foreign(tmp_path)) == []
