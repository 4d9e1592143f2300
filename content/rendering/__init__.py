"""Rendering of foreign text: a tutorial's Markdown as harmless HTML, TeX as MathML."""
