"""How Sphinx makes the site from these pages; `make docs` runs it."""

project = "reconciler"
extensions = ["myst_parser"]
exclude_patterns = ["conf.py"]
# Pages link to headings by the anchors that a forge gives them.
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = "reconciler"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
pygments_style = "tango"
pygments_dark_style = "github-dark"
