"""Numbers in, inline SVG out: small charts without scripts, fonts or anything fetched from elsewhere."""

from collections.abc import Mapping, Sequence
from hashlib import md5
from xml.etree.ElementTree import Comment, Element, tostring

import pygal
from pygal.style import Style

INK, QUIET = "#1f2933", "#52606d"
STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground=QUIET,
    foreground_strong=INK,
    foreground_subtle="#cbd2d9",
    guide_stroke_color="#d5dbe1",
    major_guide_stroke_color="#d5dbe1",
    guide_stroke_dasharray="1,0",
    major_guide_stroke_dasharray="1,0",
    colors=("#2f6f9f", "#7a9e3f", "#c77d2e", "#8a5a9e"),
    font_family="system-ui, sans-serif",
    label_font_size=12,
    major_label_font_size=12,
    value_font_size=11,
    legend_font_size=12,
)
SVG = "{http://www.w3.org/2000/svg}"


WIDE, NARROW = 720, 440  # pixels before the page scales them


def bars(title: str, values: Mapping[str, float], width: int = WIDE) -> str:
    """One bar a name, upright."""
    chart = pygal.Bar(**_look(width, 260), show_legend=False)
    chart.x_labels = list(values)
    chart.add(title, list(values.values()))
    return _svg(chart, title)


def lines_of_bars(title: str, values: Mapping[str, float]) -> str:
    """One bar a name, lying, the first on top: for long names."""
    chart = pygal.HorizontalBar(**_look(NARROW, 60 + 28 * max(1, len(values))), show_legend=False)
    chart.x_labels = list(values)[::-1]
    chart.add(title, list(values.values())[::-1])
    return _svg(chart, title)


def groups(title: str, names: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """Several series of bars over the same names."""
    chart = pygal.Bar(**_look(WIDE, 280), legend_at_bottom=True)
    chart.x_labels = list(names)
    for label, values in series.items():
        chart.add(label, list(values))
    return _svg(chart, title)


def _look(width: int, height: int) -> dict[str, object]:
    return {
        "style": STYLE,
        "width": width,
        "height": height,
        "js": [],
        "print_values": True,
        "show_y_guides": True,
        "margin": 8,
        "value_formatter": lambda value: f"{value:,.0f}",
    }


def _svg(chart: pygal.graph.graph.Graph, title: str) -> str:
    """pygal writes a script for its tooltips, which a page without scripts has no use for; people who do not see hear the title."""
    chart.uuid = md5(title.encode(), usedforsecurity=False).hexdigest()  # the same report is the same bytes
    root: Element = chart.render_tree()
    for parent in root.iter():
        for child in list(parent):
            if child.tag in ("script", f"{SVG}script", Comment):
                parent.remove(child)
    root.set("role", "img")
    root.set("aria-label", title)
    return tostring(root, encoding="unicode")
