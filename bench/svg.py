"""Small plots as SVG text: grouped bars, readable in light and dark, no library."""

from collections.abc import Sequence

COLOURS = ("#3b6fd4", "#c2703d", "#4f9a6b")
_STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#222}.line{stroke:#888}"
    "@media (prefers-color-scheme:dark){text{fill:#ddd}.back{fill:#1b1b1d}}"
    ".title{font-weight:600;font-size:14px}</style>"
)
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 300, 16, 56, 34


def bars(title: str, groups: Sequence[str], series: dict[str, Sequence[float]], unit: str) -> str:
    """One group of bars for each of `groups`; each group on its own scale, because only bars within one compare."""
    height = HEIGHT - TOP - BOTTOM
    each = (WIDTH - 2 * LEFT) / len(groups)
    wide = min(64.0, each / (len(series) + 1))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">',
        _STYLE,
        f'<rect class="back" width="{WIDTH}" height="{HEIGHT}" fill="#fff" rx="8"/>',
        f'<text class="title" x="{LEFT}" y="22">{title}</text>',
    ]
    for number, name in enumerate(series):
        at = LEFT + number * 190
        parts.append(f'<rect x="{at}" y="32" width="11" height="11" rx="2" fill="{COLOURS[number]}"/>')
        parts.append(f'<text x="{at + 16}" y="42">{name}</text>')
    for place, group in enumerate(groups):
        most = max(values[place] for values in series.values()) or 1.0
        start = LEFT + place * each + (each - wide * len(series)) / 2
        for number, values in enumerate(series.values()):
            tall = values[place] / most * (height - 18)
            x, y = start + number * wide, TOP + height - tall
            where = f'x="{x:.1f}" y="{y:.1f}" width="{wide - 6:.1f}" height="{tall:.1f}"'
            parts.append(f'<rect {where} rx="3" fill="{COLOURS[number]}"/>')
            label = _short(values[place]) + unit
            parts.append(f'<text x="{x + wide / 2 - 3:.1f}" y="{y - 5:.1f}" text-anchor="middle">{label}</text>')
        middle = LEFT + place * each + each / 2
        parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{group}</text>')
    floor = TOP + height
    parts.append(f'<line class="line" x1="{LEFT}" x2="{WIDTH - LEFT}" y1="{floor}" y2="{floor}"/></svg>')
    return "\n".join(parts) + "\n"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
